// Which blob a reader gets for a template's artifact or a digest, and whether it may have it.
import type { Client } from '#core/client.ts'
import type { Sha256 } from '#core/digest.ts'
import { nothingHere, ProvisionError, unlessMissing } from '#core/errors.ts'
import { artifactExtension, type ArchiveLayout, type Artifact } from '#core/manifest.ts'
import { mayAct } from '#core/role.ts'
import { mayReadWithoutToken, mayReadWithToken } from './may-read.ts'
import type { ApiToken } from './ports/access.ts'
import type { TemplateCatalog, VersionId, VersionRecord } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'

/** Who asks for bytes: nobody known, a holder of an API token, or an install with the `template@version`s of its plan. */
export type ArtifactReader =
  | { kind: 'anyone' }
  | { kind: 'token'; token: ApiToken }
  | {
      kind: 'install'
      planned: readonly VersionId[]
      /** whether the host had begun its install by then */
      beganBefore: (moment: string) => Promise<boolean>
    }

export interface FoundArtifact {
  artifact: Artifact
  template: string
  version: string
  /** no token was needed */
  public: boolean
}

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
}

export interface WantedArtifact {
  template: string
  /** a version's name or a channel */
  selector: string
  /** as artifactExtension */
  extension: string
  /** only one of this layout, where there are others */
  layout?: ArchiveLayout
  /** whose way of asking this is: a template that is open to it needs no token */
  client?: Client | undefined
}

/**
 * The artifact `extension` of a version.
 * @throws NotFound alike for what does not exist and what the reader may not have, RoleTooLow for a viewer's token
 */
export async function findArtifact(
  { template, selector, extension, layout, client }: WantedArtifact,
  reader: ArtifactReader,
  { catalog, channels }: Needs,
): Promise<FoundArtifact> {
  const record = await catalog.getVersion(template, selector).catch(unlessMissing)
  const artifact = record?.manifest.artifacts.find(
    (one) => artifactExtension(one) === extension && (layout === undefined || one.layout === layout),
  )
  if (!record || !artifact) throw nothingHere()
  const isPublic = mayReadWithoutToken(await catalog.getTemplate(template), client)
  if (!(await mayFetch(record, reader, isPublic, channels))) throw nothingHere()
  if (!isPublic) refuseLowRole(reader)
  return { artifact, template, version: record.manifest.version, public: isPublic }
}

/**
 * The artifact whose bytes have this digest, in any version that the reader may have; `client`: as for findArtifact.
 * @throws NotFound, RoleTooLow
 */
export async function findBlobArtifact(
  sha256: Sha256,
  reader: ArtifactReader,
  { catalog, channels }: Needs,
  client?: Client,
): Promise<FoundArtifact> {
  let found: FoundArtifact | undefined
  for (const record of await catalog.findVersionsByBlob(sha256)) {
    const { template, version, artifacts } = record.manifest
    const artifact = artifacts.find((one) => one.sha256 === sha256)
    const isPublic = mayReadWithoutToken(await catalog.getTemplate(template), client)
    if (!artifact || !(await mayFetch(record, reader, isPublic, channels))) continue
    found = { artifact, template, version, public: isPublic }
    if (isPublic) return found
  }
  if (found) {
    refuseLowRole(reader)
    return found
  }
  throw nothingHere()
}

/** A revoked version, or one built on such, goes only to an install that had begun with it; a template outside the plan to no install. */
async function mayFetch(
  { state, manifest: { template, version } }: VersionRecord,
  reader: ArtifactReader,
  isPublic: boolean,
  channels: ChannelStore,
): Promise<boolean> {
  if (state !== 'ready' && state !== 'revoked') return false
  const planned = reader.kind === 'install' ? reader.planned.filter((one) => one.template === template) : []
  const block = await channels.blockOf(template, version)
  if (!block) return isPublic || isTokenFor(template, reader) || planned.length > 0
  return (
    reader.kind === 'install' &&
    planned.some((one) => one.version === version) &&
    reader.beganBefore(block.since)
  )
}

/** A token that is for other templates is as good as none. */
function isTokenFor(template: string, reader: ArtifactReader): boolean {
  if (reader.kind !== 'token') return false
  return reader.token.role !== 'reader' || mayReadWithToken(reader.token, template)
}

/** A template may carry password hashes and host keys, so that reading the catalog is not enough for its bytes. */
function refuseLowRole(reader: ArtifactReader): void {
  if (reader.kind !== 'token' || reader.token.role === 'reader' || mayAct(reader.token.role, 'operator'))
    return
  const { name, role } = reader.token
  throw new ProvisionError(
    'forbidden',
    'RoleTooLow',
    `token ${name} has role ${role}, expected operator or reader to fetch a template that is not public`,
  )
}
