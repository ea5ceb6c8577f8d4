import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Build, BuildFailure, BuildInputs } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { PublishedImage } from '#app/ports/images.ts'
import type { Client } from '#core/client.ts'
import type { MoveKind } from '#core/channel/schema.ts'
import type { Host } from '#core/host.ts'
import type { PublishedManifest } from '#core/images/published-manifest.ts'
import type { InstallState } from '#core/install-state.ts'
import type { InstallEvent } from '#core/install.ts'
import type { ArchiveLayout, Artifact, Manifest, TemplateKind } from '#core/manifest.ts'
import type { Profile } from '#core/profile.ts'
import type { Role } from '#core/role.ts'
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import type { VersionState } from '#core/version-state.ts'

/** The tables of migrations/, as Kysely sees them. */
export interface Tables {
  template: TemplateTable
  version: VersionTable
  artifact: ArtifactTable
  channel: ChannelTable
  channel_move: ChannelMoveTable
  canary: { template: string; channel: string; host: string }
  zone: ZoneTable
  entry_index: { sha256: string; entries: ColumnType<string, number | undefined, number> }
  entry_batch: { sha256: string; position: number; lines: string }
  host: { name: string; record: JSONColumnType<Host> }
  profile: { name: string; record: JSONColumnType<Profile> }
  api_token: ApiTokenTable
  install: InstallTable
  install_event: InstallEventTable
  install_token: { install: string; seq: Generated<string>; secret_hash: Buffer }
  kayak_log: { mac: string; at: string; body: Buffer }
  audit_event: AuditEventTable
  image: ImageTable
  schedule: ScheduleTable
  schedule_run: ScheduleRunTable
  jumpstart_text: { sha256: string; text: string }
  jumpstart_revision: JumpStartRevisionTable
  build: BuildTable
  build_step: BuildStepTable
  build_log: { build: string; seq: number; step: BuildStepName | null; at: Time; text: string }
}

/** Times are written as Date and read as Date. */
type Time = ColumnType<Date, Date, Date>
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>

interface TemplateTable {
  name: string
  public: Generated<boolean>
  kind: ColumnType<TemplateKind | null, TemplateKind | null | undefined, TemplateKind | null>
  open_to: Generated<Client[]>
  image_layout: ColumnType<ArchiveLayout | null, ArchiveLayout | null | undefined, ArchiveLayout | null>
  created_at: Generated<Date>
  promote_policy: ColumnType<unknown, string | null | undefined, string | null>
  failure_hooks: ColumnType<unknown, string | null | undefined, string | null>
  retention: ColumnType<unknown, string | null | undefined, string | null>
}

interface VersionTable {
  template: string
  name: string
  seq: Generated<string>
  state: VersionState
  manifest: JSONColumnType<Manifest>
  origin_template: string | null
  origin_version: string | null
  was_ready: boolean
  recorded_at: Generated<Date>
  revoked_why: ColumnType<string | null, string | null | undefined, string | null>
  revoked_at: OptionalTime
  held_back: ColumnType<string | null, string | null | undefined, string | null>
}

interface ArtifactTable {
  template: string
  version: string
  position: number
  sha256: string
  format: Artifact['format']
  compression: Artifact['compression']
  /** bytes; a bigint arrives as text */
  size: ColumnType<string, number, number>
  guid: string | null
}

interface ChannelTable {
  template: string
  name: string
  version: string
  moved_at: ColumnType<Date, Date | undefined, Date>
}

interface ChannelMoveTable {
  seq: Generated<string>
  template: string
  channel: string
  from_version: string | null
  to_version: string
  kind: MoveKind
  actor: string
  why: string | null
  at: Time
}

interface ZoneTable {
  host: string
  name: string
  template: string
  version: string
  install: string
  booted: boolean
  since: Time
  last_reported: Time
}

interface ApiTokenTable {
  id: Generated<string>
  name: string
  role: Role
  templates: ColumnType<string[] | null, string[] | null | undefined, string[] | null>
  secret_hash: Buffer
  created_at: Time
  last_used_at: OptionalTime
}

interface InstallTable {
  id: Generated<string>
  seq: Generated<string>
  host: string
  state: InstallState
  plan: ColumnType<unknown, string, string>
  secret_hash: Buffer
  armed_at: Time
  expires_at: Time
  finished_at: OptionalTime
}

interface InstallEventTable {
  install: string
  seq: number
  id: string
  event: JSONColumnType<InstallEvent>
  received_at: Time
}

interface ImageTable {
  uuid: string
  template: string
  version: string
  state: PublishedImage['state']
  manifest: JSONColumnType<PublishedManifest>
  artifact: ColumnType<Artifact | null, string | null | undefined, string | null>
  sha256: string | null
  created_by: string
  created_at: Time
  touched_at: Time
}

interface ScheduleTable {
  name: string
  cron: string
  time_zone: string
  builds: string[]
  missed: Schedule['missed']
  force: boolean
  enabled: boolean
  cursor: Time
  changed_by: string
  changed_at: Time
}

interface ScheduleRunTable {
  id: string
  schedule: string
  slot: Time
  why: ScheduleRun['why']
  state: ScheduleRun['state']
  missed: number
  builds: string[]
  force: boolean
  outcomes: ColumnType<RunOutcome[], string | undefined, string>
  actor: string
  created_at: Time
  finished_at: OptionalTime
  held_until: OptionalTime
}

interface JumpStartRevisionTable {
  revision: number
  /** sha256 of a jumpstart_text, as in `files` */
  rules: string
  files: JSONColumnType<Record<string, { sha256: string; mode: number }>>
  actor: string
  why: string | null
  at: Time
}

interface AuditEventTable {
  seq: Generated<string>
  at: Time
  actor: string
  action: string
  subject: string
  details: ColumnType<unknown, string | null, string | null>
}

interface BuildTable {
  id: string
  seq: Generated<string>
  template: string
  version: string
  host: string
  zone: string
  state: Build['state']
  inputs: JSONColumnType<BuildInputs>
  reason: string
  force: boolean
  parent: string | null
  children: boolean
  cancel_requested: Generated<boolean>
  zone_kept: Generated<boolean>
  keep_zone: Generated<boolean>
  needs_stop: Generated<boolean>
  stop_asked_at: OptionalTime
  flow: Generated<number>
  failure: ColumnType<BuildFailure | null, string | null | undefined, string | null>
  created_by: string
  created_at: Time
  started_at: OptionalTime
  finished_at: OptionalTime
  log_seq: Generated<number>
  /** a bigint arrives as text */
  log_bytes: ColumnType<string, number | undefined, number>
}

interface BuildStepTable {
  build: string
  position: number
  name: BuildStepName
  state: ColumnType<
    Build['steps'][number]['state'],
    Build['steps'][number]['state'] | undefined,
    Build['steps'][number]['state']
  >
  attempts: Generated<number>
  interrupted: Generated<number>
  started_at: OptionalTime
  finished_at: OptionalTime
  runner: string | null
  held_until: OptionalTime
}
