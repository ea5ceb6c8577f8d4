// Templates and their versions. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Client } from '#core/client.ts'
import type { Md5, Sha256 } from '#core/digest.ts'
import type { Entry } from '#core/entry.ts'
import type { ArchiveLayout, Artifact, Manifest, TemplateKind } from '#core/manifest.ts'
import type { Retention } from '#core/retention/policy.ts'
import type { VersionState } from '#core/version-state.ts'
import type { AuditEntry } from './access.ts'

export interface TemplateSummary {
  name: string
  public: boolean
  /** who may read it without a token, each in its own way; in the order of Client */
  openTo: Client[]
  /** what the top of its images is; absent: by brand (core/images/layout.ts) */
  imageLayout?: ArchiveLayout | undefined
  channels: Record<string, string>
  versions: number
  latest: string | undefined
  /** of its first ready version and all others; absent: there was none yet */
  kind?: TemplateKind | undefined
}

export interface VersionRecord {
  manifest: Manifest
  state: VersionState
}

/** Why a version was revoked, and when. */
export interface Revocation {
  why?: string | undefined
  at: Date
}

/** Templates, their versions, artifacts, indexes and channels. */
export interface TemplateCatalog {
  listTemplates(): Promise<TemplateSummary[]>
  /** Creates the template when it is new. */
  ensureTemplate(name: string): Promise<void>
  setPublic(name: string, isPublic: boolean): Promise<void>
  /** Replaces what was there. @throws TemplateNotFound */
  setOpenTo(name: string, clients: readonly Client[]): Promise<void>
  /** Undefined: by brand again. @throws TemplateNotFound */
  setImageLayout(name: string, layout: ArchiveLayout | undefined): Promise<void>
  /** @throws TemplateNotFound */
  getTemplate(name: string): Promise<TemplateSummary>
  listVersions(template: string): Promise<VersionRecord[]>
  /** By version name or channel. @throws TemplateNotFound, VersionNotFound */
  getVersion(template: string, versionOrChannel: string): Promise<VersionRecord>
  findVersion(template: string, version: string): Promise<VersionRecord | undefined>
  /** Whether a version that was ready once and is deleted keeps this name: it was served as immutable. */
  isNameSpent(template: string, version: string): Promise<boolean>
  /** Versions (not deleted) whose artifacts contain this blob. */
  findVersionsByBlob(sha256: Sha256): Promise<VersionRecord[]>
  /** Versions (not deleted) of which an artifact's sha256 begins with these 8 to 64 hex digits, oldest first. */
  findVersionsByDigestPrefix(prefix: string): Promise<VersionRecord[]>
  /** Keeps the md5 of a blob with every artifact that has these bytes and was recorded without. */
  setMd5(sha256: Sha256, md5: Md5): Promise<void>
  /** Versions (not deleted) of which an artifact gives the ZFS snapshot of this guid, oldest first. */
  findVersionsByGuid(guid: string): Promise<VersionRecord[]>
  /**
   * Records a version with all its artifacts and indexes in one transaction; it is visible in `state` afterwards.
   * A version in state `building` may be replaced by one in state `ready` (that is how a package job ends).
   * @throws TemplateKindMixed when the template's versions are of another kind, VersionExists when another is there that is not `building`, VersionDeleted when the name is spent, BlobCollected when an artifact's bytes were collected as garbage before
   */
  putVersion(
    record: VersionRecord,
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
  ): Promise<void>
  /**
   * Gives a ready version further forms of its tree: artifacts, indexes and the entry of the audit log in one transaction.
   * Returns those that are new by their bytes; without any there is no entry either.
   * @throws VersionNotFound, WrongState unless it is ready, BlobCollected
   */
  addArtifacts(
    id: VersionId,
    artifacts: readonly Artifact[],
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
    audit: AuditEntry & { at: Date },
  ): Promise<Artifact[]>
  /** `revocation` is kept with a version that becomes revoked. @throws VersionNotFound, WrongState when core/version-state.ts forbids it */
  setState(template: string, version: string, state: VersionState, revocation?: Revocation): Promise<void>
  /** Deletes a version that is still `building`; false when it is not any more: another worker may have made it ready. */
  abandonBuild(template: string, version: string): Promise<boolean>
  /** The index of one artifact in archive order. */
  entries(sha256: Sha256): AsyncIterable<Entry>
  /** Points the channel at a ready version. @throws VersionNotFound, WrongState */
  setChannel(template: string, channel: string, version: string): Promise<void>
  /** Deleted versions whose snapshot on a host may still be there: those with `madeFrom`, until `setReleased`. */
  listUnreleased(): Promise<Manifest[]>
  /** Nothing of this deleted version is left anywhere. */
  setReleased(template: string, version: string): Promise<void>
  /** Digests that anything not deleted still refers to. */
  referencedBlobs(): Promise<Set<Sha256>>
  /** Whether nothing refers to the blob, and no version with it is being recorded this moment. */
  isUnreferenced(sha256: Sha256): Promise<boolean>
  /** What was set, by template. */
  listRetention(): Promise<Map<string, Retention>>
  /** @throws TemplateNotFound */
  setRetention(template: string, retention: Retention): Promise<void>
}

/** One version of a template. */
export interface VersionId {
  template: string
  version: string
}
