// `zoneflash doctor`: looks at what the product needs on this machine and says what is missing and what for.
import { constants, existsSync, statfsSync } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import type { Config } from '#core/config.ts'

export interface Check {
  name: string
  /** `absent`: something works less well without it; `wrong`: the product does not work */
  state: 'ok' | 'absent' | 'wrong'
  /** what was found, or what to do */
  note: string
}

/** Programs that parts of the product run, and what is left out without them. */
const programs: [string, string][] = [
  ['zstd', 'packs and unpacks zstd with several threads'],
  ['pigz', 'packs tar.gz and cpio.gz: no zone of a host is packaged without'],
  ['xz', 'takes in archives compressed with xz'],
  ['bzip2', 'takes in archives compressed with bzip2'],
  ['ssh', 'packages zones of hosts with an ssh: transport'],
  ['xorriso', 'makes the file system that SPARC hosts get by WAN boot'],
  ['zfs-fuse', 'gives sandbox hosts real ZFS'],
  ['debootstrap', 'builds the Debian zones of the demo'],
  ['nsenter', 'enters zones of the sandbox'],
  ['redis-server', 'runs the queue tests on Redis'],
]

export async function doctor(config: Config): Promise<Check[]> {
  return [
    nodeCheck(),
    rootCheck(),
    await dataCheck(config.dataDir),
    await databaseCheck(config),
    await listenCheck(config),
    ...programs.map(([program, use]) => programCheck(program, use)),
  ]
}

/** One line for each check, aligned. */
export function renderChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .map(({ name, state, note }) => `${state.padEnd(6)}  ${name.padEnd(width)}  ${note}\n`)
    .join('')
}

function nodeCheck(): Check {
  const major = Number(process.versions.node.split('.')[0])
  const note = major >= 24 ? process.version : `${process.version}, expected 24 or newer: run npm install`
  return { name: 'node', state: major >= 24 ? 'ok' : 'wrong', note }
}

function rootCheck(): Check {
  return process.getuid?.() === 0
    ? { name: 'root', state: 'ok', note: 'the sandbox can make namespaces and pools' }
    : { name: 'root', state: 'absent', note: 'the server works without; the sandbox and the demo need it' }
}

async function dataCheck(dataDir: string): Promise<Check> {
  const name = 'data directory'
  const directory = nearestExisting(path.resolve(dataDir))
  try {
    await access(directory, constants.W_OK | constants.X_OK)
    if (!(await stat(directory)).isDirectory()) throw new Error('not a directory')
  } catch {
    return {
      name,
      state: 'wrong',
      note: `${directory} is not a directory that may be written, set ZONEFLASH_DATA`,
    }
  }
  const { bavail, bsize } = statfsSync(directory)
  return {
    name,
    state: 'ok',
    note: `${path.resolve(dataDir)}, ${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB free`,
  }
}

function nearestExisting(directory: string): string {
  return existsSync(directory) ? directory : nearestExisting(path.dirname(directory))
}

async function databaseCheck({ databaseUrl }: Config): Promise<Check> {
  const name = 'database'
  try {
    if (databaseUrl === undefined) {
      const { findPostgresBinaries } = await import('#adapters/embedded-postgres/binaries.ts')
      const { postgres } = findPostgresBinaries()
      return { name, state: 'ok', note: `embedded, ${postgres}` }
    }
    const { openDatabase } = await import('#adapters/postgres/open-database.ts')
    await (await openDatabase(databaseUrl, 1)).destroy()
    return { name, state: 'ok', note: 'DATABASE_URL answers' }
  } catch (error) {
    return { name, state: 'wrong', note: error instanceof Error ? error.message : String(error) }
  }
}

async function listenCheck({ listen: { host, port }, dataDir }: Config): Promise<Check> {
  const name = `${host}:${port}`
  const { lockHolder } = await import('#adapters/process/data-dir-lock.ts')
  const holder = lockHolder(path.resolve(dataDir))
  if (holder !== undefined) return { name, state: 'ok', note: `a server runs, process ${holder}` }
  const failure = await new Promise<string | undefined>((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
  return failure === undefined
    ? { name, state: 'ok', note: 'free' }
    : { name, state: 'wrong', note: `${failure}, set ZONEFLASH_LISTEN` }
}

function programCheck(program: string, use: string): Check {
  const places = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin']
  const found = places.map((place) => path.join(place, program)).find((file) => existsSync(file))
  return found === undefined
    ? { name: program, state: 'absent', note: use }
    : { name: program, state: 'ok', note: `${found}, ${use}` }
}
