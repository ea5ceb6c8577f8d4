// Hosts, their profiles, and commands that run on them. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { Readable } from 'node:stream'
import type { Host } from '#core/host.ts'
import type { Profile } from '#core/profile.ts'

export interface HostRegistry {
  list(): Promise<Host[]>
  /** @throws HostNotFound */
  get(name: string): Promise<Host>
  find(name: string): Promise<Host | undefined>
  /** @throws HostExists */
  add(host: Host): Promise<void>
  /** Replaces the host's record. @throws HostNotFound */
  set(host: Host): Promise<void>
  /** Removes a host with all that is known of its zones; it is nobody's canary any more, and its install is over. @throws HostNotFound */
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
