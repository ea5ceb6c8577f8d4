import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { processStart, waitForExit } from '#adapters/process/process-identity.ts'
import { ProvisionError } from '#core/errors.ts'
import type { PostgresAccount } from './postgres-account.ts'

/** A running PostgreSQL of ours. */
export interface Postmaster {
  port: number
  pid: number
  /** resolves when it ends, asked or not */
  ended: Promise<void>
  /** Asks for a fast shutdown and waits for it; after a while it insists. */
  stop(): Promise<void>
}

export interface PostmasterOptions {
  binary: string
  account: PostgresAccount
  /** PGDATA */
  cluster: string
  logFile: string
  /** more `-c name=value` settings */
  settings?: Record<string, string>
}

const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 30_000
const REAP_TIMEOUT_MS = 10_000
const LOG_LIMIT_BYTES = 10 * 1024 * 1024

/** Starts PostgreSQL on a free port of the loopback interface and waits until it takes connections. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  await stopOrphan(options.cluster)
  const port = await freePort()
  const child = spawnPostgres(options, port)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await becomeReady(child, options)
  const pid = child.pid
  if (pid === undefined) throw startFailure(options, 'it has no pid')
  return { port, pid, ended, stop: () => stopProcess(pid) }
}

/**
 * In a session of its own, so that Ctrl-C in our terminal stops us and not the database under us. It writes its own
 * log file: it must not depend on a pipe to us.
 */
function spawnPostgres(
  { binary, account, cluster, logFile, settings }: PostmasterOptions,
  port: number,
): ChildProcess {
  const logged = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  if (logged > LOG_LIMIT_BYTES) truncateSync(logFile)
  const log = openSync(logFile, 'a', 0o600)
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [file = binary, ...args] = [...account.prefix, binary, '-D', cluster, '-p', String(port), ...flags]
  try {
    return spawn(file, args, {
      ...(account.prefix.length === 0 && account.owner),
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
      detached: true,
      stdio: ['ignore', log, log],
    })
  } finally {
    closeSync(log)
  }
}

/** PostgreSQL says in line 8 of its pid file that it is ready; while it recovers from a crash it says `starting`. */
async function becomeReady(child: ChildProcess, options: PostmasterOptions): Promise<void> {
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `exit ${code}`}`))
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const running = readPostmasterFile(options.cluster)
    if (running?.pid === child.pid && running?.status === 'ready') break
    if (ended !== undefined) throw startFailure(options, ended)
    if (Date.now() > deadline) {
      child.kill('SIGQUIT')
      throw startFailure(options, `it was not ready after ${START_TIMEOUT_MS / 1000} s`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  child.unref()
}

function startFailure({ logFile }: PostmasterOptions, reason: string): ProvisionError {
  const lastLines = readIfThere(logFile).trimEnd().split('\n').slice(-5).join('\n')
  return new ProvisionError(
    'unavailable',
    'EmbeddedPostgresUnavailable',
    `the embedded PostgreSQL did not start: ${reason}, its log ${logFile} ends with:\n${lastLines}`,
  )
}

/** Stops the PostgreSQL that outlived a killed server. It would refuse to share its directory. */
export async function stopOrphan(cluster: string): Promise<void> {
  const running = readPostmasterFile(cluster)
  if (!running) return
  if (isPostgresOf(running.pid, cluster)) await stopProcess(running.pid)
  await untilReaped(running.pid)
}

/** To PostgreSQL the pid of one that has ended is taken until its parent has asked how. */
async function untilReaped(pid: number): Promise<void> {
  const deadline = Date.now() + REAP_TIMEOUT_MS
  while (isTaken(pid) && processStart(pid) === undefined && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20))
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A pid file that was left behind may name a process that has nothing to do with us by now. */
function isPostgresOf(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return processStart(pid) !== undefined
  return readIfThere(`/proc/${pid}/cmdline`).split('\0').includes(cluster)
}

/** Fast shutdown (SIGINT): sessions are cut, everything committed is written. Then the immediate one, which recovers at the next start. */
async function stopProcess(pid: number): Promise<void> {
  const start = processStart(pid)
  if (start === undefined) return
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    if (await waitForExit(pid, start, STOP_TIMEOUT_MS)) return
  }
}

/** The port of a PostgreSQL that runs on this directory and is ready. */
export function readPostmasterFile(
  cluster: string,
): { pid: number; port: number; status: string } | undefined {
  const lines = readIfThere(path.join(cluster, 'postmaster.pid')).split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('the loopback interface gave no port')
  return address.port
}
