// Installs and what hosts report of them. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { InstallEvent } from '#core/install.ts'
import type { VersionId } from './catalog.ts'

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

/** Installers fetch again when something went wrong; the tokens that they got before are of no use. */
export const MOST_FURTHER_TOKENS = 8

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
  /**
   * A further token of an open install, as good as the first: for installers that are known by their MAC address. Of more than
   * MOST_FURTHER_TOKENS the oldest end. @throws InstallNotFound, InstallClosed
   */
  addToken(installId: string): Promise<string>
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
