// Who may call, and who did. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Role } from '#core/role.ts'

export interface ApiToken {
  id: string
  name: string
  role: Role
  /** readers only: the templates whose bytes it gives; absent: all */
  templates?: readonly string[] | undefined
  createdAt: string
  lastUsedAt: string | undefined
}

/** API tokens; only a hash of the secret is kept. */
export interface TokenStore {
  /** Returns the record and the secret, which is shown once. */
  create(
    name: string,
    role: Role,
    templates?: readonly string[],
  ): Promise<{ token: ApiToken; secret: string }>
  authenticate(secret: string): Promise<ApiToken | undefined>
  list(): Promise<ApiToken[]>
  /** @throws TokenNotFound */
  revoke(id: string): Promise<void>
}

export interface AuditEntry {
  actor: string
  action: string
  subject: string
  details?: Record<string, unknown>
}

export interface AuditLog {
  write(entry: AuditEntry): Promise<void>
  list(
    limit: number,
  ): Promise<{ at: string; actor: string; action: string; subject: string; details: unknown }[]>
  /** Forgets what is older; returns how many events that were. */
  trim(before: Date): Promise<number>
}
