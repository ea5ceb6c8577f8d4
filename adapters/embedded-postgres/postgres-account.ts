import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { ProvisionError } from '#core/errors.ts'

/** How PostgreSQL's programs are started: they refuse to run as root. */
export interface PostgresAccount {
  /** whose the database's files are; absent when we are not root ourselves */
  owner?: { uid: number; gid: number }
  /** what stands before a program's own argv */
  prefix: readonly string[]
}

const USER = 'postgres'
const SETPRIV = '/usr/bin/setpriv'

/**
 * As a user: run as that user. As root: run as the user `postgres`, who is created when missing. A checkout below a
 * directory that only root may enter (`/root`, mode 0700) is reached with one capability, CAP_DAC_READ_SEARCH.
 * @throws EmbeddedPostgresUnavailable
 */
export function choosePostgresAccount(paths: readonly string[]): PostgresAccount {
  if (process.getuid?.() !== 0) return { prefix: [] }
  const owner = findUser() ?? createUser()
  if (paths.every((path) => mayReach(owner, path))) return { owner, prefix: [] }
  return { owner, prefix: throughClosedDirectories(owner, paths) }
}

function findUser(): { uid: number; gid: number } | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, USER], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function createUser(): { uid: number; gid: number } {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', USER], {
      stdio: 'pipe',
    })
  } catch (cause) {
    throw unavailable(`the user ${USER} is missing and could not be created`, cause)
  }
  const owner = findUser()
  if (!owner) throw unavailable(`the user ${USER} is missing after its creation`)
  return owner
}

function mayReach(owner: { uid: number; gid: number }, path: string): boolean {
  return spawnSync('test', ['-x', path], { ...owner, cwd: '/' }).status === 0
}

function throughClosedDirectories(owner: { uid: number; gid: number }, paths: readonly string[]): string[] {
  const blocked = `the user ${USER} may not enter ${paths.filter((path) => !mayReach(owner, path)).join(' and ')}`
  try {
    accessSync(SETPRIV, constants.X_OK)
  } catch (cause) {
    throw unavailable(`${blocked}, make its parent directories enterable (chmod o+x)`, cause)
  }
  const capability = '+dac_read_search'
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  const prefix = [SETPRIV, ...identity, `--inh-caps=${capability}`, `--ambient-caps=${capability}`]
  const trial = spawnSync(SETPRIV, [...prefix.slice(1), 'true'], { cwd: '/', encoding: 'utf8' })
  if (trial.status !== 0)
    throw unavailable(
      `${blocked} and CAP_DAC_READ_SEARCH is not to be had here, make its parent directories enterable (chmod o+x)`,
      trial.error ?? trial.stderr,
    )
  return prefix
}

function unavailable(reason: string, cause?: unknown): ProvisionError {
  return new ProvisionError(
    'unavailable',
    'EmbeddedPostgresUnavailable',
    `the embedded PostgreSQL cannot run as root: ${reason}, or set DATABASE_URL`,
    { cause },
  )
}
