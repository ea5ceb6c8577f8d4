// What of the templates somebody may read can be images.
import type { Client } from '#core/client.ts'
import type { FindSource } from '#core/images/choose.ts'
import { imageLayoutOf } from '#core/images/layout.ts'
import { imageSourceOf, type ImageSource, type PublishedAs } from '#core/images/source.ts'
import { MAX_CHAIN } from '#core/origin-chain.ts'
import { mayReadWithoutToken, mayReadWithToken } from '../may-read.ts'
import type { ApiToken } from '../ports/access.ts'
import type { TemplateCatalog, TemplateSummary, VersionId, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { ImageStore, PublishedImage } from '../ports/images.ts'

export interface ImageNeeds {
  catalog: TemplateCatalog
  channels: ChannelStore
  images: ImageStore
}

/** Who asks, and in which way. */
export interface ImageReader {
  client: Client
  /** absent: anyone */
  token?: ApiToken | undefined
}

export interface Sources {
  /** templates by name, each one's versions oldest first */
  all: readonly ImageSource[]
  find: FindSource
}

function mayReadImages(template: TemplateSummary, { client, token }: ImageReader): boolean {
  return (
    mayReadWithoutToken(template, client) || (token !== undefined && mayReadWithToken(token, template.name))
  )
}

/** Those of every template that the reader may have. */
export async function readableSources(reader: ImageReader, needs: ImageNeeds): Promise<Sources> {
  const templates = (await needs.catalog.listTemplates()).filter((one) => mayReadImages(one, reader))
  if (templates.length === 0) return { all: [], find: () => undefined }
  const blocked = new Set((await needs.channels.blocked()).map(nameOf))
  const published = await publishedByName(needs.images)
  const all: ImageSource[] = []
  for (const template of templates) {
    for (const record of await needs.catalog.listVersions(template.name)) {
      const name = nameOf(record.manifest)
      const source = sourceOf(record, template, blocked.has(name), published.get(name), reader)
      if (source) all.push(source)
    }
  }
  const byName = new Map(all.map((source) => [nameOf(source), source]))
  return { all, find: (id) => byName.get(nameOf(id)) }
}

/** One version with all that it builds on; undefined when the reader may not have it. */
export async function sourceWithOrigins(
  record: VersionRecord,
  reader: ImageReader,
  needs: ImageNeeds,
): Promise<{ source: ImageSource; find: FindSource } | undefined> {
  const chain = new Map<string, ImageSource>()
  const add = async (one: VersionRecord): Promise<ImageSource | undefined> => {
    const { template, version } = one.manifest
    const summary = await needs.catalog.getTemplate(template)
    if (!mayReadImages(summary, reader)) return undefined
    const isBlocked = (await needs.channels.blockOf(template, version)) !== undefined
    const published = publishedAs(await needs.images.findActive({ template, version }))
    const source = sourceOf(one, summary, isBlocked, published, reader)
    if (source) chain.set(nameOf(source), source)
    return source
  }
  const source = await add(record)
  if (!source) return undefined
  for (let at = source; at.origin && chain.size < MAX_CHAIN && !chain.has(nameOf(at.origin));) {
    const next = await needs.catalog.findVersion(at.origin.template, at.origin.version)
    const added = next && (await add(next))
    if (!added) break
    at = added
  }
  return { source, find: (id) => chain.get(nameOf(id)) }
}

function sourceOf(
  { manifest, state }: VersionRecord,
  template: TemplateSummary,
  isDisabled: boolean,
  published: PublishedAs | undefined,
  { client }: ImageReader,
): ImageSource | undefined {
  return imageSourceOf(manifest, {
    state,
    isDisabled,
    layout: imageLayoutOf(template, manifest.brand),
    published,
    channels: Object.keys(template.channels).filter((name) => template.channels[name] === manifest.version),
    isOpen: mayReadWithoutToken(template, client),
  })
}

async function publishedByName(images: ImageStore): Promise<Map<string, PublishedAs>> {
  const active = await images.listActive()
  return new Map(
    active.flatMap((image) => {
      const published = publishedAs(image)
      return published ? [[nameOf(image), published] as const] : []
    }),
  )
}

function publishedAs(image: PublishedImage | undefined): PublishedAs | undefined {
  return image?.artifact && { uuid: image.uuid, manifest: image.manifest, sha256: image.artifact.sha256 }
}

function nameOf({ template, version }: VersionId): string {
  return `${template}@${version}`
}
