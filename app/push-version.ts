// Makes an uploaded artifact a version of a template that hosts can fetch.
import type { Sha256 } from '#core/digest.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact, Manifest, TemplateKind, VersionFacts } from '#core/manifest.ts'
import { templateKindMixed, versionDeleted, versionExists } from '#core/store-errors.ts'
import { versionNameAt } from '#core/version-name.ts'
import { describeVersion } from './describe-version.ts'
import { publishVersion } from './channels/publish-candidate.ts'
import type { AuditLog } from './ports/access.ts'
import type { ArtifactIndex, ArtifactIndexer } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog, VersionRecord } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { Clock } from './ports/queue.ts'
import { withSaid } from './said-facts.ts'
import { baseFinder } from './stream-chain.ts'
import { takeInArtifact, type ArtifactSource, type TakenArtifact } from './take-in-artifact.ts'

export interface PushNeeds {
  catalog: TemplateCatalog
  channels: ChannelStore
  blobs: BlobStore
  indexer: ArtifactIndexer
  audit: AuditLog
  clock: Clock
  limits: { maxBytes: number }
}

/** What the uploader says before the first byte. */
export interface Push {
  template: string
  facts: VersionFacts
  /** refuse other bytes than these */
  sha256?: Sha256 | undefined
  /** bytes, where known */
  size?: number | undefined
  actor: string
}

export interface Pushed {
  record: VersionRecord
  /** false when the same content was there under this version already */
  isNew: boolean
}

/** A little more than the bytes themselves must fit: directories, the index, the database's log. */
const SPARE_BYTES = 16 * 1024 * 1024

/**
 * Refuses what can be refused before the bytes are sent.
 * @throws VersionExists, VersionDeleted, TemplateKindMixed, VersionNotFound for an unknown origin, and those of checkSize
 */
export async function checkPush({ template, facts, sha256, size }: Push, needs: PushNeeds): Promise<void> {
  if (facts.origin) await needs.catalog.getVersion(facts.origin.template, facts.origin.version)
  await kindOf(template, facts, needs.catalog)
  const there = await findUsable(template, facts.version, needs.catalog)
  const mayBeSame = sha256 === undefined || hasBlob(there, sha256)
  if (there && (there.state === 'building' || !mayBeSame)) throw exists(there)
  if (size !== undefined) await checkSize(size, needs)
}

/** @throws TooManyBytes, NoSpace */
export async function checkSize(
  size: number,
  { limits, blobs }: Pick<PushNeeds, 'limits' | 'blobs'>,
): Promise<void> {
  if (size > limits.maxBytes) {
    const message = `the upload has ${size} bytes, expected at most ${limits.maxBytes}`
    throw new ProvisionError('too-large', 'TooManyBytes', message)
  }
  const free = await blobs.freeSpace()
  if (size + SPARE_BYTES <= free) return
  throw new ProvisionError(
    'no-space',
    'NoSpace',
    `the upload has ${size} bytes, the blob store has room for ${free}`,
  )
}

/**
 * Stores the artifact and records the version with it. The channel `candidate` moves to it; `stable` too, if there is none yet.
 * The same content under the same version again is a success that changes nothing.
 * @throws VersionExists, VersionDeleted, TemplateKindMixed, BrandMissing, SystemLayout, SystemFamilyMissing, OriginNeeded, OriginMismatch, SnapshotAmbiguous, and what takeInArtifact throws; nothing is left behind
 */
export async function pushVersion(push: Push, source: ArtifactSource, needs: PushNeeds): Promise<Pushed> {
  let planned: Pushed | undefined
  const taken = await takeInArtifact(
    source,
    {
      expected: push.sha256,
      maxBytes: needs.limits.maxBytes,
      findBase: baseFinder({ template: push.template, origin: push.facts.origin }, needs),
      accept: async (artifact, told) => {
        planned = await planVersion(push, artifact, told, needs)
      },
    },
    needs,
  )
  try {
    if (planned === undefined) throw new Error('the blob store did not ask whether to accept the blob')
    const pushed = planned.isNew ? await recordVersion(planned.record, push, taken, needs) : planned
    // Also when it was there: a crash may have come between the version and its channels.
    await publishVersion(pushed.record, needs)
    return pushed
  } finally {
    await taken.close()
  }
}

/** Writes the version down. Another push may have taken its name since it was planned. */
async function recordVersion(
  record: VersionRecord,
  push: Push,
  taken: Pick<TakenArtifact, 'artifact' | 'entries'>,
  needs: PushNeeds,
): Promise<Pushed> {
  const { template, version } = record.manifest
  const { artifact, entries } = taken
  try {
    await needs.catalog.putVersion(record, new Map([[artifact.sha256, entries]]))
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.code !== 'VersionExists') throw error
    if (push.facts.version === undefined) {
      const name = await freeVersionName(template, needs.clock.now(), needs.catalog)
      const manifest = { ...record.manifest, version: name }
      return recordVersion({ ...record, manifest }, push, taken, needs)
    }
    const there = await needs.catalog.findVersion(template, version)
    if (there && hasBlob(there, artifact.sha256)) return { record: there, isNew: false }
    throw error
  }
  await needs.audit.write({ actor: push.actor, action: 'version.push', subject: `${template}@${version}` })
  return { record, isNew: true }
}

/** Decides what this artifact becomes, before it is stored. */
async function planVersion(
  push: Push,
  artifact: Artifact,
  { detachedXml, said }: Pick<ArtifactIndex, 'detachedXml' | 'said'>,
  needs: PushNeeds,
): Promise<Pushed> {
  const { template } = push
  const facts = withSaid(push.facts, said, detachedXml)
  const createdAt = needs.clock.now()
  const there = await findUsable(template, facts.version, needs.catalog)
  if (there && there.state !== 'building' && hasBlob(there, artifact.sha256))
    return { record: there, isNew: false }
  if (there) throw exists(there)
  const manifest = describeVersion({
    template,
    version: facts.version ?? (await freeVersionName(template, createdAt, needs.catalog)),
    facts: { ...facts, kind: await kindOf(template, facts, needs.catalog) },
    artifact,
    detachedXml,
    origin: await originOf(push, artifact, needs.catalog),
    createdBy: push.actor,
    createdAt,
  })
  return { record: { manifest, state: 'ready' }, isNew: true }
}

/** What the version is of: as is said, else as the template's others. @throws TemplateKindMixed */
async function kindOf(
  template: string,
  { kind: said }: VersionFacts,
  catalog: TemplateCatalog,
): Promise<TemplateKind> {
  const there = await catalog.getTemplate(template).catch((error: unknown) => {
    if (error instanceof ProvisionError && error.code === 'TemplateNotFound') return undefined
    throw error
  })
  if (said && there?.kind && said !== there.kind) throw templateKindMixed(template, said, there.kind)
  return said ?? there?.kind ?? 'zone'
}

/** The default name of a version: the time, with a number behind it for the second in one second that is not `mine`. */
export async function freeVersionName(
  template: string,
  moment: Date,
  catalog: TemplateCatalog,
  mine: (there: VersionRecord) => boolean = () => false,
): Promise<string> {
  const name = versionNameAt(moment)
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`
    const there = await catalog.findVersion(template, candidate)
    if (there ? mine(there) : !(await catalog.isNameSpent(template, candidate))) return candidate
  }
}

/** The version that an increment starts from; it must hold that very snapshot. */
async function originOf(
  { facts }: Push,
  artifact: Artifact,
  catalog: TemplateCatalog,
): Promise<Manifest['origin']> {
  const guid = artifact.fromGuid
  const { origin } = facts
  if (guid === undefined) return origin
  if (origin) {
    const { manifest } = await catalog.getVersion(origin.template, origin.version)
    if (hasSnapshot(manifest, guid)) return origin
    throw new ProvisionError(
      'invalid',
      'OriginMismatch',
      `the increment starts from the snapshot ${guid}, which ${origin.template}@${origin.version} does not hold`,
    )
  }
  const holder = await holderOf(guid, catalog)
  const advice = holder
    ? `${holder} holds it, expected --origin ${holder}`
    : 'which no version holds: push the full stream of it first, then this with --origin TEMPLATE@VERSION'
  throw new ProvisionError(
    'invalid',
    'OriginNeeded',
    `the stream is an increment from the snapshot with guid ${guid}, ${advice}`,
    { details: { fromGuid: guid } },
  )
}

/** A version that holds the snapshot, as `template@version`. */
async function holderOf(guid: string, catalog: TemplateCatalog): Promise<string | undefined> {
  const [holder] = await catalog.findVersionsByGuid(guid)
  return holder && `${holder.manifest.template}@${holder.manifest.version}`
}

/** The version that is there under the name wanted. @throws VersionDeleted when one was */
async function findUsable(
  template: string,
  version: string | undefined,
  catalog: TemplateCatalog,
): Promise<VersionRecord | undefined> {
  if (version === undefined) return undefined
  const there = await catalog.findVersion(template, version)
  if (there === undefined && (await catalog.isNameSpent(template, version))) {
    throw versionDeleted(template, version)
  }
  return there
}

function hasBlob(record: VersionRecord | undefined, sha256: Sha256): boolean {
  return record?.manifest.artifacts.some((artifact) => artifact.sha256 === sha256) ?? false
}

function hasSnapshot({ artifacts }: Manifest, guid: string): boolean {
  return artifacts.some((artifact) => artifact.guid === guid)
}

function exists({ manifest, state }: VersionRecord): ProvisionError {
  return versionExists(manifest.template, manifest.version, state)
}
