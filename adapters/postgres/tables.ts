import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { Host } from '#core/host.ts'
import type { InstallState } from '#core/install-state.ts'
import type { InstallEvent } from '#core/install.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import type { Profile } from '#core/profile.ts'
import type { Role } from '#core/role.ts'
import type { VersionState } from '#core/version-state.ts'

/** The tables of migrations/, as Kysely sees them. */
export interface Tables {
  template: TemplateTable
  version: VersionTable
  artifact: ArtifactTable
  channel: ChannelTable
  entry_index: { sha256: string; entries: ColumnType<string, number | undefined, number> }
  entry_batch: { sha256: string; position: number; lines: string }
  host: { name: string; record: JSONColumnType<Host> }
  profile: { name: string; record: JSONColumnType<Profile> }
  api_token: ApiTokenTable
  install: InstallTable
  install_event: InstallEventTable
  audit_event: AuditEventTable
}

/** Times are written as Date and read as Date. */
type Time = ColumnType<Date, Date, Date>
type OptionalTime = ColumnType<Date | null, Date | null | undefined, Date | null>

interface TemplateTable {
  name: string
  public: Generated<boolean>
  created_at: Generated<Date>
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
}

interface ChannelTable {
  template: string
  name: string
  version: string
  moved_at: ColumnType<Date, Date | undefined, Date>
}

interface ApiTokenTable {
  id: Generated<string>
  name: string
  role: Role
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

interface AuditEventTable {
  seq: Generated<string>
  at: Time
  actor: string
  action: string
  subject: string
  details: ColumnType<unknown, string | null, string | null>
}
