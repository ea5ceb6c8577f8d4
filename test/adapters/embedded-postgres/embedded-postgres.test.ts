import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { findEmbeddedPostgres, startEmbeddedPostgres } from '#adapters/embedded-postgres/embedded-postgres.ts'
import { stopOrphan } from '#adapters/embedded-postgres/postmaster.ts'
import { processStart } from '#adapters/process/process-identity.ts'

const STARTER = path.resolve(import.meta.dirname, '../../fixtures/embedded-starter.ts')
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
/** A killed process loses nothing by it; only a power cut would. */
const quick = { fsync: 'off' }

function makeDataDir(mode = 0o711): string {
  const parent = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-embedded-'))
  chmodSync(parent, mode)
  const dataDir = path.join(parent, 'data')
  onTestFinished(async () => {
    await stopOrphan(path.join(dataDir, 'postgres', 'cluster'))
    rmSync(parent, { recursive: true, force: true })
  })
  return dataDir
}

interface Told {
  pid: number
  url: string
  refused?: string
}

/** The database started by a process of its own. */
async function startElsewhere(
  dataDir: string,
  as: { uid?: number; gid?: number } = {},
): Promise<[ChildProcess, Told]> {
  const child = fork(STARTER, [dataDir], { execArgv: [], ...as })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [told] = (await once(child, 'message')) as [Told]
  return [child, told]
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

test('the database is UTF-8 in C order, and its data survives a stop', async () => {
  const dataDir = makeDataDir()
  const first = await startEmbeddedPostgres(dataDir, quick)
  await query(first.url, "create table kept as select 'ß'::text as value")
  await first.stop()
  expect(processStart(first.pid)).toBeUndefined()
  const second = await startEmbeddedPostgres(dataDir, quick)
  expect(await query(second.url, 'select value from kept')).toEqual([{ value: 'ß' }])
  const setting = `select pg_encoding_to_char(encoding) as encoding, datcollate as locale
                     from pg_database where datname = current_database()`
  expect(await query(second.url, setting)).toEqual([{ encoding: 'UTF8', locale: 'C' }])
  await second.stop()
})

test('it listens on the loopback interface alone and wants its password, which is ours to read', async () => {
  const dataDir = makeDataDir()
  const server = await startEmbeddedPostgres(dataDir, quick)
  expect(await query(server.url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  expect(await query(server.url, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }])
  const wrong = new URL(server.url)
  wrong.password = 'guess'
  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  const passwordFile = path.join(dataDir, 'postgres', 'password')
  expect(statSync(passwordFile).mode & 0o777).toBe(0o600)
  expect(server.url).toContain(readFileSync(passwordFile, 'utf8').trim())
  expect(readdirSync(path.join(dataDir, 'postgres')).toSorted()).toEqual([
    'cluster',
    'password',
    'postgres.log',
  ])
  await server.stop()
})

test('a second start on the same directory is refused and names the first one', async () => {
  const dataDir = makeDataDir()
  const server = await startEmbeddedPostgres(dataDir, quick)
  await expect(startEmbeddedPostgres(dataDir, quick)).rejects.toMatchObject({
    code: 'DataDirInUse',
    kind: 'conflict',
  })
  const [, { refused }] = await startElsewhere(dataDir)
  expect(refused).toBe(
    `DataDirInUse: the data directory ${dataDir} is in use by process ${process.pid}, ` +
      'stop it or set ZONEFLASH_DATA to another directory',
  )
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
})

test('the database of a process that was killed is stopped, and what was committed is there', async () => {
  const dataDir = makeDataDir()
  const [child, { pid, url }] = await startElsewhere(dataDir)
  await query(url, 'create table kept as select 42 as value')
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  expect(processStart(pid), 'the orphan runs on').toBeDefined()
  const server = await startEmbeddedPostgres(dataDir, quick)
  expect(processStart(pid)).toBeUndefined()
  expect(await query(server.url, 'select value from kept')).toEqual([{ value: 42 }])
  await server.stop()
})

test('a machine that lost power left pid files behind that name nobody or somebody else', async () => {
  const dataDir = makeDataDir()
  await (await startEmbeddedPostgres(dataDir, quick)).stop()
  const bystander = process.pid
  writeFileSync(path.join(dataDir, 'zoneflash.pid'), `${JSON.stringify({ pid: bystander, start: '1' })}\n`)
  const left = `${bystander}\n${path.join(dataDir, 'postgres', 'cluster')}\n1795174849\n1\n\n127.0.0.1\n0 0\nready   \n`
  const postmasterFile = path.join(dataDir, 'postgres', 'cluster', 'postmaster.pid')
  writeFileSync(postmasterFile, left)
  if (isRoot) {
    const { uid, gid } = statSync(path.dirname(postmasterFile))
    chownSync(postmasterFile, uid, gid)
  }
  const server = await startEmbeddedPostgres(dataDir, quick)
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
})

test('an initialisation that was killed half-way does not stand in the way', async () => {
  const dataDir = makeDataDir()
  const [child] = await startElsewhere(dataDir)
  child.send('stop')
  await once(child, 'exit')
  const folder = path.join(dataDir, 'postgres')
  rmSync(path.join(folder, 'cluster'), { recursive: true })
  spawnSync('mkdir', ['-p', path.join(folder, 'cluster.new-1f', 'base')])
  const server = await startEmbeddedPostgres(dataDir, quick)
  expect(readdirSync(folder).filter((name) => name.startsWith('cluster'))).toEqual(['cluster'])
  await server.stop()
})

test('a cluster without its password says what is missing', async () => {
  const dataDir = makeDataDir()
  await (await startEmbeddedPostgres(dataDir, quick)).stop()
  rmSync(path.join(dataDir, 'postgres', 'password'))
  await expect(startEmbeddedPostgres(dataDir, quick)).rejects.toThrow(
    /password is missing, expected the password of the/,
  )
})

test('another process of ours finds the database while its server runs, and not afterwards', async () => {
  const dataDir = makeDataDir()
  expect(() => findEmbeddedPostgres(dataDir)).toThrow(/no server runs on the data directory/)
  const server = await startEmbeddedPostgres(dataDir, quick)
  expect(findEmbeddedPostgres(dataDir)).toBe(server.url)
  await server.stop()
  expect(() => findEmbeddedPostgres(dataDir)).toThrow(/no server runs on the data directory/)
})

test.skipIf(!isRoot)('as root it runs below a directory that only root may enter (needs root)', async () => {
  const server = await startEmbeddedPostgres(makeDataDir(0o700), quick)
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0)
  await server.stop()
})

const nobodyMayRead =
  isRoot && spawnSync('test', ['-r', STARTER], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0

test.skipIf(!nobodyMayRead)(
  'as an ordinary user it runs as that user (needs root, to become one)',
  async () => {
    const dataDir = makeDataDir()
    chownSync(path.dirname(dataDir), NOBODY, NOBODY)
    const [child, { pid, url, refused }] = await startElsewhere(dataDir, { uid: NOBODY, gid: NOBODY })
    expect(refused).toBeUndefined()
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(statSync(`/proc/${pid}`).uid).toBe(NOBODY)
    child.send('stop')
    await once(child, 'exit')
    expect(processStart(pid)).toBeUndefined()
  },
)
