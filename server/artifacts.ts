// The bytes that hosts fetch: /flash/:template/:versionOrChannel.:ext and /blobs/sha256/:hex, also below /js/:host/:token for
// installers whose addresses hold no query.
import type { Express, Request, Response } from 'express'
import { z } from 'zod'
import { findArtifact, findBlobArtifact, type FoundArtifact } from '#app/find-artifact.ts'
import type { Client } from '#core/client.ts'
import { Sha256 } from '#core/digest.ts'
import { ChannelName, TemplateName, VersionName } from '#core/names.ts'
import { createReaderOf } from './artifact-reader.ts'
import { notFound } from './error-handler.ts'
import { withAndWithoutInstall } from './open-install.ts'
import type { ProcessShared } from './process-shared.ts'
import { sendBlob, type SendNeeds } from './send-blob.ts'
import { sendRanges } from './send-ranges.ts'
import type { Services } from './services.ts'

const contentTypes: Record<string, string> = {
  tar: 'application/x-tar',
  cpio: 'application/x-cpio',
  zfs: 'application/octet-stream',
  izfs: 'application/octet-stream',
  gz: 'application/gzip',
  xz: 'application/x-xz',
  bz2: 'application/x-bzip2',
  zst: 'application/zstd',
}

const ArtifactPath = z.object({
  template: TemplateName,
  selector: z.union([VersionName, ChannelName]),
  extension: z.string(),
})

/**
 * Mounts both addresses; HEAD comes with GET. A flash archive is what JumpStart fetches; where all who ask are its installers
 * (`client`), so is everything else.
 */
export function mountArtifacts(
  app: Express,
  services: Services,
  { sending, wrongTokens }: ProcessShared,
  client?: Client,
): void {
  const readerOf = createReaderOf(services, wrongTokens)
  app.get(withAndWithoutInstall('/flash/:template/:file'), async (request, response, next) => {
    const wanted = ArtifactPath.safeParse({
      template: request.params['template'],
      ...splitFileName(String(request.params['file'])),
    })
    if (!wanted.success) return next()
    const reader = await readerOf(request, response)
    if (!reader) return void notFound(request, response, next)
    const asks = wanted.data.extension === 'flar' ? 'jumpstart' : client
    const found = await findArtifact({ ...wanted.data, client: asks }, reader, services)
    const { template, version } = found
    const file = `${template}-${version}.${wanted.data.extension}`
    response.set({
      'content-type':
        contentTypes[wanted.data.extension.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      'content-disposition': `attachment; filename="${file}"`,
      'content-location': `/flash/${template}/${version}.${wanted.data.extension}`,
      'x-zoneflash-version': version,
    })
    await sendArtifact(request, response, found, version === wanted.data.selector, sending)
  })

  app.get(withAndWithoutInstall('/blobs/sha256/:hex'), async (request, response, next) => {
    const digest = Sha256.safeParse(request.params['hex'])
    if (!digest.success) return next()
    const reader = await readerOf(request, response)
    if (!reader) return void notFound(request, response, next)
    const found = await findBlobArtifact(digest.data, reader, services, client)
    response.set('content-type', 'application/octet-stream')
    await sendArtifact(request, response, found, true, sending)
  })
}

/** `1.2.tar.gz` → `1.2` and `tar.gz`. */
function splitFileName(file: string): { selector?: string; extension?: string } {
  const [, selector, extension] =
    /^(.+?)\.((?:layer\.tar|tar|cpio|zfs|izfs|flar)(?:\.(?:gz|xz|bz2|zst))?)$/.exec(file) ?? []
  return selector !== undefined && extension !== undefined ? { selector, extension } : {}
}

/** The whole of an artifact or the range that was asked for; what the bytes are called is the caller's. */
export async function sendArtifact(
  request: Request,
  response: Response,
  { artifact, public: isPublic }: FoundArtifact,
  immutable: boolean,
  needs: SendNeeds,
): Promise<void> {
  const { sha256, size } = artifact
  const etag = `"${sha256}"`
  const base64 = Buffer.from(sha256, 'hex').toString('base64')
  response.set({
    etag,
    'accept-ranges': 'bytes',
    digest: `sha-256=${base64}`,
    'repr-digest': `sha-256=:${base64}:`,
    'cache-control': `${isPublic ? 'public' : 'private'}, ${immutable ? 'max-age=31536000, immutable' : 'no-cache'}`,
    vary: 'authorization',
  })
  await sendRanges(request, response, { etag, size }, (range) => sendBlob(response, sha256, range, needs))
}
