// Makes a sandbox host: supervisor, uplink, ZFS pool, and the zones commands at their real paths.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ProvisionError } from '#core/errors.ts'
import { OsRelease } from '#core/host.ts'
import { runCommand } from '../command.ts'
import {
  destroyHost,
  hostDirectory,
  processIdentity,
  sandboxDirectory,
  supervisorOf,
  type HostDescription,
} from './host-state.ts'
import { openUplink } from './uplink.ts'

export interface CreateOptions {
  release: OsRelease
  /** name of the host's interface */
  nic: string
  /** absent: no ZFS, zones live in plain directories */
  pool?: { name: string; size: string }
  /** the host ends with this process */
  lifelinePid?: number
}

const repository = path.resolve(import.meta.dirname, '../..')

/** @throws HostExists, HostFailed */
export async function createHost(name: string, options: CreateOptions): Promise<HostDescription> {
  const directory = hostDirectory(name)
  if (supervisorOf(directory) !== undefined) {
    throw new ProvisionError(
      'conflict',
      'HostExists',
      `${name}: is already running below ${sandboxDirectory()}`,
    )
  }
  claimDirectory(name, directory)
  try {
    return await buildHost(name, directory, options)
  } catch (cause) {
    const log = readFileSync(path.join(directory, 'log'), 'utf8').trim()
    destroyHost(name)
    throw new ProvisionError(
      'unavailable',
      'HostFailed',
      `${name}: ${(cause as Error).message}${log && `\n${log}`}`,
      { cause },
    )
  }
}

/** Makes the host's directory, marked as ours from the first instant that a sweep can see it. */
function claimDirectory(name: string, directory: string): void {
  const fresh = path.join(sandboxDirectory(), `.new-${process.pid}`)
  mkdirSync(fresh, { recursive: true, mode: 0o711 })
  writeFileSync(path.join(fresh, 'creator'), processIdentity(process.pid))
  try {
    renameSync(fresh, directory)
  } catch (cause) {
    rmSync(fresh, { recursive: true })
    throw new ProvisionError('conflict', 'HostExists', `${name}: exists below ${sandboxDirectory()}`, {
      cause,
    })
  }
}

async function buildHost(name: string, directory: string, options: CreateOptions): Promise<HostDescription> {
  const supervisor = await startSupervisor(name, directory, options.lifelinePid)
  const uplink = openUplink(supervisor, options.nic)
  const root = path.join(directory, 'root')
  const inside = (...argv: [string, ...string[]]) =>
    runCommand([path.join(repository, 'sandbox/bin/sandbox'), 'enter', name, '--', ...argv])
  const description: HostDescription = {
    name,
    release: options.release,
    nic: options.nic,
    ...(options.pool && { pool: options.pool.name }),
    address: uplink.address,
    rootAddress: uplink.rootAddress,
    uplink: uplink.name,
  }
  // `enter` asks for this file; the host is only told to others once create returns
  writeFileSync(path.join(directory, 'ready'), JSON.stringify(description))
  inside(
    path.join(repository, 'node_modules/.bin/node'),
    path.join(repository, 'sandbox/host/furnish.ts'),
    JSON.stringify(description),
  )
  if (options.pool) {
    inside('/bin/sh', `${repository}/sandbox/host/make-pool.sh`, options.pool.name, options.pool.size)
  }
  chmodSync(root, 0o755)
  rmSync(path.join(directory, 'creator'))
  return description
}

/** Starts the keeper, detached, and waits until the supervisor has moved into its root. */
async function startSupervisor(
  name: string,
  directory: string,
  lifelinePid: number | undefined,
): Promise<number> {
  const log = openSync(path.join(directory, 'log'), 'a')
  const keeper = spawn(
    '/bin/sh',
    [
      path.join(repository, 'sandbox/host/keeper.sh'),
      directory,
      repository,
      name,
      ...(lifelinePid === undefined ? [] : [String(lifelinePid)]),
    ],
    { detached: true, stdio: ['ignore', log, log], cwd: '/', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
  )
  closeSync(log)
  keeper.unref()
  let exited = false
  keeper.once('exit', () => (exited = true))
  for (;;) {
    const supervisor = supervisorOf(directory)
    if (supervisor !== undefined && existsSync(path.join(directory, 'root/run/moved-in'))) return supervisor
    if (exited) throw new Error('the supervisor did not start')
    await delay(10)
  }
}
