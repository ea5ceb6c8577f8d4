import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { lockDataDir, lockHolder } from '#adapters/process/data-dir-lock.ts'
import { ProvisionError } from '#core/errors.ts'
import { findPostgresBinaries, type PostgresBinaries } from './binaries.ts'
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.ts'
import { readPostmasterFile, startPostmaster } from './postmaster.ts'

/** A PostgreSQL of our own under `<data>/postgres`: for one machine, nothing to install, nothing to configure. */
export interface EmbeddedPostgres {
  url: string
  /** of the PostgreSQL server */
  pid: number
  /** resolves when the server has ended, asked or not */
  ended: Promise<void>
  stop(): Promise<void>
}

const USER = 'zoneflash'
const DATABASE = 'zoneflash'

function places(dataDir: string) {
  const folder = path.join(path.resolve(dataDir), 'postgres')
  return {
    folder,
    cluster: path.join(folder, 'cluster'),
    passwordFile: path.join(folder, 'password'),
    logFile: path.join(folder, 'postgres.log'),
  }
}

/**
 * Starts the data directory's PostgreSQL, initialised at the first time. What a killed server left running is stopped.
 * `settings` are PostgreSQL's own, for tests.
 * @throws DataDirInUse, EmbeddedPostgresUnavailable
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  const lock = lockDataDir(path.resolve(dataDir))
  try {
    const { folder, cluster, logFile } = places(dataDir)
    const binaries = findPostgresBinaries()
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    const account = choosePostgresAccount([folder, binaries.postgres])
    const password = ensurePassword(dataDir)
    if (!existsSync(cluster)) initialise(dataDir, binaries, account, password, settings['fsync'] !== 'off')
    const postmaster = await startPostmaster({
      binary: binaries.postgres,
      account,
      cluster,
      logFile,
      settings,
    })
    try {
      await ensureDatabase(connectionUrl(postmaster.port, password, 'postgres'))
    } catch (error) {
      await postmaster.stop()
      throw error
    }
    return {
      url: connectionUrl(postmaster.port, password, DATABASE),
      pid: postmaster.pid,
      ended: postmaster.ended,
      async stop() {
        await postmaster.stop()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/**
 * The URL of the PostgreSQL that another process runs on this data directory.
 * @throws DatabaseUnreachable when there is none
 */
export function findEmbeddedPostgres(dataDir: string): string {
  const { cluster, passwordFile } = places(dataDir)
  const running = lockHolder(path.resolve(dataDir)) === undefined ? undefined : readPostmasterFile(cluster)
  if (running?.status !== 'ready')
    throw new ProvisionError(
      'unavailable',
      'DatabaseUnreachable',
      `no server runs on the data directory ${dataDir}, start "zoneflash up" there or set DATABASE_URL`,
    )
  return connectionUrl(running.port, readFileSync(passwordFile, 'utf8').trim(), DATABASE)
}

function connectionUrl(port: number, password: string, database: string): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`
}

/** The superuser's password, made before the cluster that it opens, for us alone to read. */
function ensurePassword(dataDir: string): string {
  const { cluster, passwordFile } = places(dataDir)
  if (existsSync(passwordFile)) return readFileSync(passwordFile, 'utf8').trim()
  if (existsSync(cluster))
    throw new ProvisionError(
      'unavailable',
      'EmbeddedPostgresUnavailable',
      `${passwordFile} is missing, expected the password of the database beside it: restore it from a backup`,
    )
  const password = randomBytes(24).toString('base64url')
  writeFileSync(`${passwordFile}.new`, `${password}\n`, { mode: 0o600, flush: true })
  renameSync(`${passwordFile}.new`, passwordFile)
  return password
}

/** Makes the cluster beside its place and renames it: a start that was killed half-way leaves nothing in the way. */
function initialise(
  dataDir: string,
  { initdb }: PostgresBinaries,
  account: PostgresAccount,
  password: string,
  sync: boolean,
): void {
  const { folder, cluster } = places(dataDir)
  // A name of its own: the initdb of a start that was killed may still be writing into the other one.
  const unfinished = `${cluster}.new-${randomBytes(4).toString('hex')}`
  const passwordCopy = path.join(folder, 'initdb-password')
  removeUnfinished(folder)
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordCopy, `${password}\n`, { mode: 0o600 })
  chmodSync(folder, 0o711)
  try {
    if (account.owner)
      for (const file of [unfinished, passwordCopy]) chownSync(file, account.owner.uid, account.owner.gid)
    const flags = [
      `--pgdata=${unfinished}`,
      `--username=${USER}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(sync ? [] : ['--no-sync']),
    ]
    const [file = initdb, ...args] = [...account.prefix, initdb, ...flags]
    const { status, stderr, error } = spawnSync(file, args, {
      ...(account.prefix.length === 0 && account.owner),
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
      encoding: 'utf8',
    })
    if (status !== 0)
      throw new ProvisionError(
        'unavailable',
        'EmbeddedPostgresUnavailable',
        `initdb failed in ${unfinished}: ${error?.message ?? stderr.trim()}`,
      )
  } finally {
    rmSync(passwordCopy, { force: true })
  }
  renameSync(unfinished, cluster)
}

function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith('cluster.new'))
      rmSync(path.join(folder, name), { recursive: true, force: true, maxRetries: 10 })
}

/** Our database, in UTF-8 and sorted by code point, whatever the machine's locale is. */
async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0)
      await client.query(`create database ${DATABASE} encoding 'UTF8' locale 'C' template template0`)
  } finally {
    await client.end()
  }
}
