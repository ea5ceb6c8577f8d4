import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type {
  Block,
  ChannelChange,
  ChannelMove,
  MoveKind,
  PromotePolicy,
  ReportedZone,
  TemplateChannels,
} from '#core/channel/schema.ts'
import type { Sha1, Sha256 } from '#core/digest.ts'
import type { Build, BuildFailure, BuildInputs, BuildState } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { Entry } from '#core/entry.ts'
import type { Host } from '#core/host.ts'
import type { InstallEvent } from '#core/install.ts'
import type { JobData, JobName } from '#core/jobs.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { Profile } from '#core/profile.ts'
import type { RecipeProblem } from '#core/recipe/problem.ts'
import type { Recipe } from '#core/recipe/schema.ts'
import type { Retention } from '#core/retention/policy.ts'
import type { Role } from '#core/role.ts'
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import type { CronTimes } from '#core/schedule/slots.ts'
import type { VersionState } from '#core/version-state.ts'

/** The world as the use cases see it. Implementations are in adapters/; fakes that keep the same contracts in test/fakes/. */

export interface StoredBlob {
  sha256: Sha256
  sha1: Sha1
  /** bytes */
  size: number
}

/** A last word before a blob gets its name. */
export type AcceptBlob = (blob: StoredBlob) => Promise<void>

export interface BlobStatus {
  /** bytes */
  size: number
  /** when it was last stored, milliseconds since the epoch */
  storedAt: number
}

/** A byte range, both ends inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/** Bytes named by their sha256. A blob appears whole or not at all, and never changes. */
export interface BlobStore {
  /**
   * Stores what `source` gives, hashed on the way, fsynced before it is named. Same bytes twice: one blob.
   * `accept` is called when the digest is known, before the blob appears; when it fails there is no blob.
   * @throws DigestMismatch when `expected` is given and differs, NoSpace when the disk is full. Nothing is left behind on any failure.
   */
  put(source: AsyncIterable<Uint8Array>, expected?: Sha256, accept?: AcceptBlob): Promise<StoredBlob>
  /** Undefined when there is no such blob. */
  stat(sha256: Sha256): Promise<BlobStatus | undefined>
  /** @throws BlobNotFound. The caller must consume or destroy the stream. */
  open(sha256: Sha256, range?: ByteRange): Promise<Readable>
  /** The blob as a file to read, if this store has files. @throws BlobNotFound. The caller must close it. */
  openFile?(sha256: Sha256): Promise<FileHandle>
  /**
   * Deletes the blob if `isGarbage` says so; returns what it was, or undefined when it stays. A copy that is stored while the
   * question is asked stays in any case. Readers see the blob until the answer; a process that dies over it deletes nothing.
   */
  collect(sha256: Sha256, isGarbage: (blob: BlobStatus) => Promise<boolean>): Promise<BlobStatus | undefined>
  /**
   * After this, whether the blob is garbage must be asked anew to delete it. Who makes something refer to a blob calls this so
   * that `isGarbage` of any question that follows knows of it. @throws BlobNotFound when it was collected before
   */
  keep(sha256: Sha256): Promise<void>
  list(): AsyncIterable<Sha256>
  /** Bytes that may still be stored; Infinity when unknown. */
  freeSpace(): Promise<number>
  /** Removes what writers that died left behind; returns how many pieces. Never touches what a live process is writing. */
  sweep(): Promise<number>
  /** Blobs that arrive in pieces. */
  readonly drafts: BlobDrafts
}

/** What passing over an artifact's bytes once has told. */
export interface ArtifactIndex {
  facts: Omit<Artifact, 'sha256' | 'sha1' | 'size'>
  /** the text of the archive's SUNWdetached.xml, if it has one */
  detachedXml: string | undefined
  /** the index in archive order; may be read several times, until it is closed. Empty for ZFS streams */
  entries: AsyncIterable<Entry>
  close(): Promise<void>
}

/** Recognises, unpacks and checks an artifact without keeping it. */
export interface ArtifactIndexer {
  /** Reads `source` to its end. @throws the codes of core/archive/refusals.ts, NoSpace */
  index(source: AsyncIterable<Uint8Array>): Promise<ArtifactIndex>
}

/** A file of an archive, as far as it was asked for. */
export interface ArchiveFile {
  /** as in the archive's index */
  path: string
  /** its first bytes, so many as were wanted */
  contents: Uint8Array
}

/**
 * Reads chosen files out of an archive's own bytes, in archive order: `wanted` names them as the index does, a path that is a
 * hard link there by its target, each with how many of its bytes are kept. `source` is read to its end.
 * @throws the codes of core/archive/refusals.ts
 */
export type ReadFiles = (
  source: AsyncIterable<Uint8Array>,
  form: Pick<Artifact, 'format' | 'compression'>,
  wanted: ReadonlyMap<string, number>,
) => AsyncIterable<ArchiveFile>

/**
 * Sorts entries by orderKey of core/diff/path-order.ts, equal ones in the order they came; memory does not grow with their number.
 * `entries` is read once more when they are in order already, as in archives of our own making. @throws NoSpace
 */
export type SortEntries = (entries: () => AsyncIterable<Entry>) => AsyncIterable<Entry>

/** What is known of a draft. */
export interface DraftStatus {
  /** bytes received and flushed; undefined once the data was dropped */
  size: number | undefined
  /** the caller's own text about it */
  note: string
  /** when data or note last changed, milliseconds since the epoch */
  touchedAt: number
}

/** Blobs whose bytes arrive over several connections and restarts. A draft becomes a blob without being copied. */
export interface BlobDrafts {
  /** Until it is released, or this process dies, nobody else gets it. @throws DraftBusy, DraftNotFound for what is no id */
  lock(id: string): Promise<{ release(): Promise<void> }>
  /** An empty draft; `id` is 1 to 64 characters of A-Z a-z 0-9 `-` `_`. @throws DraftExists */
  create(id: string, note: string): Promise<void>
  find(id: string): Promise<DraftStatus | undefined>
  /** Replaces the note in one step. @throws DraftNotFound */
  setNote(id: string, note: string): Promise<void>
  /**
   * Appends at `offset`, which must be the draft's size. What arrived is flushed to disk also when the source fails.
   * @throws DraftOffset, DraftNotFound, NoSpace
   */
  append(id: string, offset: number, source: AsyncIterable<Uint8Array>): Promise<number>
  /**
   * Makes the draft's bytes a blob: hashed while they are read back through `watch`, then linked under their digest.
   * The draft stays until it is dropped, so that a crash after this can be repeated. A failure of `watch` leaves no blob.
   */
  adopt(
    id: string,
    watch: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    expected?: Sha256,
    accept?: AcceptBlob,
  ): Promise<StoredBlob>
  /** Forgets the bytes, keeps the note. */
  dropData(id: string): Promise<void>
  remove(id: string): Promise<void>
  list(): AsyncIterable<string>
}

export interface TemplateSummary {
  name: string
  public: boolean
  channels: Record<string, string>
  versions: number
  latest: string | undefined
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
  /**
   * Records a version with all its artifacts and indexes in one transaction; it is visible in `state` afterwards.
   * A version in state `building` may be replaced by one in state `ready` (that is how a package job ends).
   * @throws VersionExists when another is there that is not `building`, VersionDeleted when the name is spent, BlobCollected when an artifact's bytes were collected as garbage before
   */
  putVersion(
    record: VersionRecord,
    indexes: ReadonlyMap<Sha256, AsyncIterable<Entry> | Iterable<Entry>>,
  ): Promise<void>
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

/** Where channels point, how they came there, and what revoked versions keep them from. */
export interface ChannelStore {
  /** @throws TemplateNotFound */
  read(template: string): Promise<TemplateChannels>
  /**
   * Does what `decide` says of what is there, in one transaction that no other change of the template's channels overlaps. Each
   * entry of the history is written to the audit log with it.
   * @throws TemplateNotFound, what `decide` throws, WrongState when a version to move to is not ready any more
   */
  change(
    template: string,
    at: Date,
    decide: (channels: TemplateChannels) => ChannelChange | undefined,
  ): Promise<ChannelMove[]>
  /** Every version that is revoked or built on a revoked one, at any depth, with the nearest that blocks it. */
  blocked(template?: string): Promise<(VersionId & { by: Block })[]>
  /** What blocks this version; undefined when nothing does. */
  blockOf(template: string, version: string): Promise<Block | undefined>
  /** The version and everything built on it, at any depth. */
  withDescendants(template: string, version: string): Promise<VersionId[]>
  /** Undefined: candidates wait for a person. `hooks` are told when one fails. @throws TemplateNotFound */
  setPolicy(template: string, policy: PromotePolicy | undefined, hooks?: readonly string[]): Promise<void>
  /** Templates with a policy, by name. */
  withPolicy(): Promise<string[]>
  /** The hosts that get the candidate instead of what the channel points at; none: nobody does. @throws TemplateNotFound */
  setCanaries(template: string, channel: string, hosts: readonly string[]): Promise<void>
  /** How many entries of each kind all histories have. */
  countMoves(): Promise<Partial<Record<MoveKind, number>>>
}

/** The zones on hosts, as the hosts last reported them. */
export interface ZoneRegistry {
  /** The host has made the zone from this version; one of that name before is forgotten. Said twice of one install: once. */
  made(zone: VersionId & { host: string; zone: string; install: string; at: Date }): Promise<void>
  /** The host says that the zone is there; of one that is not known, nothing. `booted` stays once it is true. */
  seen(zone: { host: string; zone: string; booted: boolean; at: Date }): Promise<void>
  /** A finished zone that says itself what it was made from. One that is known keeps what is known of it; of another, nobody is the maker. */
  found(zone: VersionId & { host: string; zone: string; at: Date }): Promise<void>
  /** Forgets those of these zones that this install made and that have not booted: the host has taken them back. */
  rolledBack(host: string, install: string, zones: readonly string[]): Promise<void>
  /** The zone is gone from its host. @throws ZoneNotFound */
  forget(host: string, zone: string): Promise<void>
  /** By host and zone. */
  list(filter?: { host?: string | undefined; template?: string | undefined }): Promise<ReportedZone[]>
}

export interface HostRegistry {
  list(): Promise<Host[]>
  /** @throws HostNotFound */
  get(name: string): Promise<Host>
  find(name: string): Promise<Host | undefined>
  /** @throws HostExists */
  add(host: Host): Promise<void>
  /** Replaces the host's record. @throws HostNotFound */
  set(host: Host): Promise<void>
  /** With all that is known of its zones; it is nobody's canary any more, and its install is over. @throws HostNotFound */
  remove(name: string): Promise<void>
}

export interface ProfileStore {
  list(): Promise<Profile[]>
  /** @throws ProfileNotFound */
  get(name: string): Promise<Profile>
  /** Creates or replaces. */
  set(profile: Profile): Promise<void>
  remove(name: string): Promise<void>
}

export interface ApiToken {
  id: string
  name: string
  role: Role
  createdAt: string
  lastUsedAt: string | undefined
}

/** API tokens; only a hash of the secret is kept. */
export interface TokenStore {
  /** Returns the record and the secret, which is shown once. */
  create(name: string, role: Role): Promise<{ token: ApiToken; secret: string }>
  authenticate(secret: string): Promise<ApiToken | undefined>
  list(): Promise<ApiToken[]>
  /** @throws TokenNotFound */
  revoke(id: string): Promise<void>
}

export type InstallState = 'armed' | 'running' | 'done' | 'failed' | 'expired'

/** One arming of a host: a window in which its documents exist, and the run that used it. */
export interface Install {
  id: string
  host: string
  state: InstallState
  /** the plan as it was when the host was armed: core/plan.ts */
  plan: unknown
  armedAt: string
  expiresAt: string
  finishedAt: string | undefined
}

export interface RecordedEvent extends InstallEvent {
  /** when the server received it, ISO 8601 */
  receivedAt: string
  seq: number
}

/** Installs with their tokens (hashed) and events. */
export interface InstallLog {
  /**
   * Makes a token for `host`; an earlier open install of that host is expired. What the plan fetches cannot be deleted from then on.
   * @throws VersionNotFound, WrongState when a version of the plan is not ready any more
   */
  arm(host: string, plan: unknown, ttlMs: number): Promise<{ install: Install; secret: string }>
  /** The open install that this token belongs to; undefined when wrong, used, or expired. */
  authenticate(host: string, secret: string): Promise<Install | undefined>
  /** The same by token alone: artifacts are fetched with any open install's token. */
  authenticateToken(secret: string): Promise<Install | undefined>
  /** Appends; the last step (`install` `done`) closes the install, `install` `failed` leaves it open for a retry. Same `id` twice: once. */
  record(installId: string, event: InstallEvent): Promise<void>
  /** newest first; at most `limit`, default: all */
  list(host?: string, limit?: number): Promise<Install[]>
  /** Those that are not over: one a host at most. */
  listOpen(): Promise<Install[]>
  /** @throws InstallNotFound */
  get(id: string): Promise<Install>
  events(installId: string): Promise<RecordedEvent[]>
  /** On how many hosts an install that ended `done` since then has made a zone from this version. */
  countDone(version: VersionId, since: Date): Promise<number>
  /** Marks the installs whose window is over; returns how many. */
  expireOverdue(): Promise<number>
}

export interface AuditLog {
  write(event: {
    actor: string
    action: string
    subject: string
    details?: Record<string, unknown>
  }): Promise<void>
  list(
    limit: number,
  ): Promise<{ at: string; actor: string; action: string; subject: string; details: unknown }[]>
  /** Forgets what is older; returns how many events that were. */
  trim(before: Date): Promise<number>
}

export interface JobStatus {
  id: string
  state: 'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'unknown'
  progress: unknown
  error: string | undefined
}

/** Background work. The same id twice is one job while it is waiting or active. */
export interface JobQueue {
  add<N extends JobName>(name: N, data: JobData<N>, id: string): Promise<string>
  /** Adds jobs that are done one after the other, all or none; one that fails for good fails those behind it. The ids must be new. */
  addChain<N extends JobName>(name: N, jobs: readonly { id: string; data: JobData<N> }[]): Promise<void>
  status(id: string): Promise<JobStatus | undefined>
}

/** Reads a cron expression. @throws InvalidCron */
export type CronReader = (expression: string) => CronTimes

/** A run before anything was done for it. */
export type NewRun = Omit<ScheduleRun, 'outcomes' | 'finishedAt'>

/** Schedules and the history of their runs. */
export interface ScheduleStore {
  /** by name */
  list(): Promise<Schedule[]>
  find(name: string): Promise<Schedule | undefined>
  /** @throws ScheduleNotFound */
  get(name: string): Promise<Schedule>
  /** Creates or replaces; the runs stay. */
  set(schedule: Schedule): Promise<void>
  /** Removes it and its runs. @throws ScheduleNotFound */
  remove(name: string): Promise<void>
  /**
   * Records a run and moves the schedule's cursor from `cursor` to the run's slot, in one step. False, and nothing is done:
   * another has dealt with that slot, or changed the schedule meanwhile.
   */
  claim(run: NewRun, cursor: string): Promise<boolean>
  /** Records a run that a person asked for. */
  addRun(run: NewRun): Promise<void>
  /** The oldest waiting run that nobody holds at `now`; it is ours until `heldUntil`. */
  takeRun(now: Date, heldUntil: Date): Promise<ScheduleRun | undefined>
  saveOutcomes(id: string, outcomes: readonly RunOutcome[]): Promise<void>
  finishRun(id: string, at: Date): Promise<void>
  /** newest first; the store keeps the last 1000 of each schedule */
  runs(name: string, limit: number): Promise<ScheduleRun[]>
}

export interface Clock {
  now(): Date
}

export interface RunOptions {
  timeoutMs?: number
  /** what the command reads */
  input?: string | AsyncIterable<Uint8Array>
  signal?: AbortSignal
  /** told what the command says, stdout and stderr, as it says it; what `run` returns is bounded then, not refused */
  onOutput?: (text: string) => void
}

/** A command that runs on a host, wherever that is: core/host.ts Transport. */
export interface HostShell {
  /** Runs argv on the host and returns its stdout. @throws CommandFailed with stderr, CommandStopped, HostUnreachable */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<string>
  /** Runs argv on the host; its stdout is the stream. The stream fails when the command does. */
  stream(argv: readonly [string, ...string[]], options?: { signal?: AbortSignal }): Readable
}

/** A file of a recipe's folder, with what the recipe extends laid under it. */
export interface RecipeFile {
  /** relative to the folder */
  path: string
  /** permission bits */
  mode: number
  contents: Uint8Array
}

/** A recipe with all its files, as it was when it was read; a build keeps it as a blob, so that later edits are for later builds. */
export interface LoadedRecipe {
  recipe: Recipe
  files: readonly RecipeFile[]
  /** one spelling of all of it; its sha256 is the recipe's digest and names the blob */
  bundle: Uint8Array
  digest: Sha256
}

export interface SurveyedRecipe {
  name: string
  /** undefined when its keys are not right one by one */
  recipe: Recipe | undefined
  problems: readonly RecipeProblem[]
}

/** The recipes in templates/, or wherever ZONEFLASH_TEMPLATES says. */
export interface RecipeShelf {
  /** names of folders with a recipe.yaml, sorted */
  list(): Promise<string[]>
  /** @throws RecipeNotFound, RecipeInvalid which names file, line and what was expected */
  load(name: string): Promise<LoadedRecipe>
  /** All of them, with what is wrong with each; one that cannot be read hides none. */
  survey(): Promise<SurveyedRecipe[]>
  /** Reads a bundle back. @throws BundleInvalid */
  open(bundle: Uint8Array): LoadedRecipe
}

/** Files that an administrator gives: media/, or wherever ZONEFLASH_MEDIA says. */
export interface MediaShelf {
  /** undefined: not there */
  find(name: string): Promise<{ sha256: Sha256; size: number } | undefined>
  /** @throws MediumMissing */
  open(name: string): Promise<Readable>
}

export interface BuildFilter {
  template?: string | undefined
  states?: readonly BuildState[] | undefined
  host?: string | undefined
  /** builds that this one made necessary */
  parent?: string | undefined
  /** newest so many; default: all */
  limit?: number | undefined
}

export type NewBuild = Omit<
  Build,
  | 'steps'
  | 'cancelRequested'
  | 'zoneKept'
  | 'keepZone'
  | 'needsStop'
  | 'flow'
  | 'startedAt'
  | 'finishedAt'
  | 'failure'
>

/** Who does a step. */
export interface StepRunner {
  step: BuildStepName
  runner: string
}

/** What a build that is over has left. */
export interface BuildLeftover extends Pick<Build, 'id' | 'template' | 'version' | 'host' | 'zone'> {
  zoneKept: boolean
  keepZone: boolean
  finishedAt: string
  /** the blob with its recipe, which removing its zones reads */
  recipe: Sha256
  /** 0: it has no log */
  logBytes: number
}

export interface LogLine {
  seq: number
  step: BuildStepName | undefined
  at: string
  /** one or more whole lines */
  text: string
}

/**
 * Builds, their steps and their logs: the truth about them, whatever the queue has forgotten. A step is held by one runner at a
 * time, who renews its hold; a hold that ran out may be taken by another, and its former holder must have stopped by then.
 */
export interface BuildStore {
  /**
   * One in state `skipped` is over at once. A second for the same template and parent gives the first. Its origin cannot be
   * deleted until it is over.
   * @throws VersionExists when another build makes that version, VersionNotFound, WrongState when the origin is not ready any more
   */
  create(build: NewBuild): Promise<Build>
  /** @throws BuildNotFound */
  get(id: string): Promise<Build>
  /** By its id, or at least eight characters that only its id begins with. @throws BuildNotFound, BuildAmbiguous */
  find(idOrPrefix: string): Promise<Build>
  /** newest first */
  list(filter?: BuildFilter): Promise<Build[]>
  /** waiting → running, unless the host runs `atOnce` builds already; true also when it runs already */
  start(id: string, atOnce: number): Promise<boolean>
  setInputs(id: string, inputs: BuildInputs): Promise<void>
  /**
   * `taken`: it is ours, `attempt` counts it, and `interrupted` those before that were let go so. `held`: it or another step is held, or an earlier step is not done.
   * `done`: there is nothing to do. `over`: the build is.
   */
  takeStep(
    id: string,
    step: BuildStepName,
    runner: string,
    holdMs: number,
  ): Promise<
    { outcome: 'taken'; attempt: number; interrupted: number } | { outcome: 'held' | 'done' | 'over' }
  >
  /** false when the hold is lost, or the build over */
  renewStep(id: string, step: BuildStepName, runner: string, holdMs: number): Promise<boolean>
  /** Lets go; false when it was not ours any more. `again`, `interrupted`: it waits for another attempt. */
  endStep(
    id: string,
    step: BuildStepName,
    runner: string,
    outcome: 'done' | 'again' | 'interrupted',
  ): Promise<boolean>
  /** Writes down why the build will be `failed`; false when the step is not `by`'s any more. */
  setFailure(id: string, failure: BuildFailure, by: StepRunner): Promise<boolean>
  /** Ends the build, and as failed the step that runs; false when it is over, or its step not `by`'s any more. */
  finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled' | 'skipped',
    facts?: {
      failure?: BuildFailure
      /** in place of the one it has */
      reason?: string
      zoneKept?: boolean
      needsStop?: boolean
      by?: StepRunner
    },
  ): Promise<boolean>
  /** A build that waits is cancelled at once. `publishing`: its version may be out already, so nothing was asked for. */
  requestCancel(id: string): Promise<'asked' | 'publishing' | 'over'>
  /** Builds that need a stop, whose stop was not asked for in so long; they count as asked for now. */
  askForStops(everyMs: number): Promise<Build[]>
  setStopped(id: string): Promise<void>
  /** Not kept: nothing of it is on its host, so it needs no stop either. */
  setZoneKept(id: string, kept: boolean): Promise<void>
  setKeepZone(id: string, keep: boolean): Promise<void>
  /** The build goes on in flow `seen + 1`; false when another has said so already, or it is over. */
  nextFlow(id: string, seen: number): Promise<boolean>
  /** False: the log is full (core/build/log-limits.ts), the text is left out; `last` is written even then. */
  appendLog(
    id: string,
    step: BuildStepName | undefined,
    text: string,
    options?: { last?: boolean },
  ): Promise<boolean>
  /** At most `limit` pieces behind `afterSeq`. */
  log(id: string, afterSeq?: number, limit?: number): Promise<LogLine[]>
  /** Builds that are over and have a log or zones still, oldest first. */
  leftovers(): Promise<BuildLeftover[]>
  /** Forgets the log of a build that is over. */
  dropLog(id: string): Promise<void>
}

/** Everything one package job learns about an artifact while it writes it. */
export type PackagedArtifact = Artifact
