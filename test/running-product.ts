// The product as a user runs it: `zoneflash up` in a data directory of its own, for tests that talk to it from outside.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'

/** Characters of output that are kept. */
const OUTPUT_LIMIT = 4_000_000

const root = path.resolve(import.meta.dirname, '..')

export type ApiRequest = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }

export interface RunningProduct {
  url: string
  dataDir: string
  /** the server's process id */
  pid: number
  adminToken: string
  /** `kill -9`, and nothing else: what a power cut leaves of the server process */
  kill(): Promise<void>
  /** SIGTERM, and waits until it is gone */
  stop(): Promise<void>
  /** Calls the API with the admin token. */
  call(route: string, init?: ApiRequest): Promise<Response>
  /** what server and worker have said so far */
  output(): string
  /** the process id of the worker that the server started, while there is one */
  workerPid(): number | undefined
  /** Runs `zoneflash …` against this server; resolves with what it printed, whatever its exit code. */
  cli(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): Promise<{ status: number | null; stdout: string; stderr: string }>
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return address.port
}

/** Starts the product and waits until it is ready. @throws with its output when it ends or is not ready in 60 s. */
export async function startProduct(dataDir: string, env: NodeJS.ProcessEnv = {}): Promise<RunningProduct> {
  const listen = env['ZONEFLASH_LISTEN'] ?? `127.0.0.1:${await freePort()}`
  const url = `http://${listen}`
  const environment = {
    ...process.env,
    ZONEFLASH_DATA: dataDir,
    ZONEFLASH_LISTEN: listen,
    ZONEFLASH_URL: url,
    ...env,
  }
  // setpriv: a test run that is killed takes the server along
  const server = [process.execPath, path.join(root, 'cli/main.ts'), 'up']
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...server], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(child)
  const gone = once(child, 'exit')
  await untilReady(`${url}/readyz`, child, output)
  const adminToken = (await readFile(path.join(dataDir, 'admin.token'), 'utf8')).trim()
  const clientEnvironment = { ...environment, ZONEFLASH_SERVER: url, ZONEFLASH_TOKEN: adminToken }
  return {
    url,
    dataDir,
    pid: child.pid ?? 0,
    adminToken,
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async stop() {
      child.kill('SIGTERM')
      await gone
    },
    call: (route, init = {}) =>
      fetch(`${url}${route}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${adminToken}` },
      }),
    output,
    workerPid: () => workerOf(child.pid ?? 0),
    async cli(args, extra = {}) {
      const client = spawn(process.execPath, [path.join(root, 'cli/main.ts'), ...args], {
        env: { ...clientEnvironment, ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const text = { stdout: '', stderr: '' }
      client.stdout.on('data', (piece: Buffer) => (text.stdout += piece.toString()))
      client.stderr.on('data', (piece: Buffer) => (text.stderr += piece.toString()))
      const [status] = (await once(client, 'close')) as [number | null]
      return { status, ...text }
    },
  }
}

/** The child of `parent` that runs worker/main.ts. */
function workerOf(parent: number): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      const isChild = readIfThere(`/proc/${pid}/status`).includes(`\nPPid:\t${parent}\n`)
      return isChild && readIfThere(`/proc/${pid}/cmdline`).includes('worker/main.ts')
    })
}

/** A process that ends while we look at it has no files any more. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (piece: Buffer) => (text = (text + piece.toString()).slice(-OUTPUT_LIMIT)))
  return () => text
}

async function untilReady(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`zoneflash up ended:\n${output()}`)
    if (performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`zoneflash up is not ready after 60 s:\n${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
