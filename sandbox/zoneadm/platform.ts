// Readies, boots and halts zones: what zoneadmd does with the kernel on the real thing (zones.md 1.2).
import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ZoneConfig } from '#core/zone/config.ts'
import type { KernelState } from '../kernel-state.ts'
import { runCommand, tryCommand } from '../command.ts'
import { Refused } from './failure.ts'
import { plumbNetwork } from './network.ts'
import { markBooting } from './native-services.ts'
import { brandOf, isLx, type ZonesHost } from './zones-host.ts'

const sandbox = path.resolve(import.meta.dirname, '..')
const runDirectory = '/var/run/zones'
/** until a zone's first process runs */
const bootLimitMs = 30_000

function runFile(name: string, extension: string): string {
  return path.join(runDirectory, `${name}.${extension}`)
}

export function consoleLog(name: string): string {
  return `/var/log/zones/${name}.console`
}

/** Zone ids count up as long as the host lives. */
function nextZoneId(): number {
  const directory = path.join(runDirectory, 'ids')
  mkdirSync(directory, { recursive: true })
  for (let id = 1; ; id++) {
    try {
      mkdirSync(path.join(directory, String(id)))
      return id
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

async function waitForState(
  host: ZonesHost,
  name: string,
  isReached: (state: KernelState | undefined) => boolean,
  limitMs: number,
): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await delay(20)) {
    if (isReached(host.store.kernelState(name))) return true
    // zoneadmd removes its files as the last thing it does
    if (!existsSync(runFile(name, 'control'))) return isReached(host.store.kernelState(name))
  }
  return false
}

function lastConsoleLines(name: string): string {
  return readFileSync(consoleLog(name), 'utf8').trimEnd().split('\n').slice(-5).join('\n')
}

/** Brings up the virtual platform: state `ready`, no process of the zone runs yet. */
export async function readyZone(host: ZonesHost, config: ZoneConfig): Promise<void> {
  const { name } = config
  const root = path.join(config.zonepath, 'root')
  if (isLx(config)) refuseUnbootableRoot(root)
  mkdirSync('/var/log/zones', { recursive: true })
  rmSync(runFile(name, 'control'), { force: true })
  tryCommand(['mkfifo', '-m', '600', runFile(name, 'control')])
  writeFileSync(runFile(name, 'mounts'), renderMounts(config))
  const id = nextZoneId()
  const log = openSync(consoleLog(name), 'a')
  spawn(
    'unshare',
    ['--net', 'sh', path.join(sandbox, 'zone/zoneadmd.sh'), name, String(id), brandOf(config), root],
    {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SANDBOX_REPOSITORY: path.dirname(sandbox) },
    },
  ).unref()
  if (!(await waitForState(host, name, (state) => state !== undefined, bootLimitMs))) {
    throw new Refused(`could not be readied: ${lastConsoleLines(name)}`)
  }
  const pid = host.store.kernelState(name)?.pid
  try {
    if (pid !== undefined) plumbNetwork(host, config, id, pid)
  } catch (error) {
    await haltZone(host, name)
    throw new Refused((error as Error).message, { cause: error })
  }
}

/**
 * An image's init tries to remount / read-only at a halt, which would reach through to the host's file system; a zone may
 * not do that, and setpriv inside the zone is what takes the privilege away.
 */
function refuseUnbootableRoot(root: string): void {
  const isThere = (file: string) =>
    tryCommand(['chroot', root, '/bin/sh', '-c', `command -v ${file}`]).status === 0
  if (!existsSync(path.join(root, 'bin/sh'))) throw new Refused(`${root}/bin/sh: No such file or directory`)
  for (const file of ['/sbin/init', 'setpriv']) {
    if (!isThere(file))
      throw new Refused(`${file}: not found in ${root}; the sandbox boots images with init and util-linux`)
  }
}

/** What a native zone has of the host's anyway, whatever it inherits. */
const alwaysInherited = ['/lib', '/platform', '/sbin', '/usr']

/** fs resources and what is inherited, a line each: directory, special, type and options, a tab between them. */
function renderMounts(config: ZoneConfig): string {
  return `${renderInherited(config)}${renderFileSystems(config)}`
}

function renderInherited(config: ZoneConfig): string {
  return config.elements
    .flatMap(({ tag, attributes: { directory = '' } }) =>
      tag === 'inherited-pkg-dir' && !alwaysInherited.includes(directory)
        ? [`${[directory, directory, 'lofs', 'ro'].join('\t')}\n`]
        : [],
    )
    .join('')
}

function renderFileSystems(config: ZoneConfig): string {
  return config.elements
    .filter(({ tag }) => tag === 'filesystem')
    .map(({ attributes, children }) => {
      const options = children.map((option) => linuxMountOptions[option.attributes['name'] ?? ''] ?? '')
      const { directory = '', special = '', type = '' } = attributes
      return `${[directory, special, type, options.filter(Boolean).join(',')].join('\t')}\n`
    })
    .join('')
}

/** mount options of zonecfg as Linux spells them; others have no meaning here */
const linuxMountOptions: Partial<Record<string, string>> = {
  ro: 'ro',
  rw: 'rw',
  nodevices: 'nodev',
  nosetuid: 'nosuid',
  nosuid: 'nosuid',
  noexec: 'noexec',
}

/** Starts the processes of a ready zone. */
export async function startZone(host: ZonesHost, config: ZoneConfig): Promise<void> {
  const { name } = config
  if (!isLx(config)) markBooting(name)
  writeFileSync(runFile(name, 'control'), 'boot\n')
  if (!(await waitForState(host, name, (state) => state?.state === 'running', bootLimitMs))) {
    throw new Refused(`could not be booted: ${lastConsoleLines(name)}`)
  }
  if (isLx(config)) return
  const log = openSync(consoleLog(name), 'a')
  spawn(process.execPath, [path.join(sandbox, 'native-boot.ts'), name], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  }).unref()
}

/**
 * The root that a native zone sees is put together of its own directories and the host's, in memory. What was made in it beside
 * those, such as a directory of the administrator's below /, is brought into the zoneroot before that memory goes.
 */
function keepNewEntries(pid: number, root: string): void {
  const seen = `/proc/${pid}/root`
  const memory = lstatSync(`${seen}/`, { throwIfNoEntry: false })?.dev
  if (memory === undefined) return
  const ofTheHost = [...hostEntries, path.dirname(sandbox).split('/')[1] ?? '']
  for (const name of readdirSync(seen)) {
    const isOwn = lstatSync(path.join(root, name), { throwIfNoEntry: false }) !== undefined
    // what the first boot removed from the zoneroot is still a name there, of nothing
    const entry = lstatSync(path.join(seen, name), { throwIfNoEntry: false })
    if (isOwn || ofTheHost.includes(name) || entry?.dev !== memory) continue
    runCommand(['cp', '-a', '-x', path.join(seen, name), path.join(root, name)])
  }
}

/** What zone-init.sh puts into that root. */
const hostEntries = 'bin dev lib lib32 lib64 libx32 proc run sbin sys tmp usr'.split(' ')

/** Ends a zone at once. */
export async function haltZone(host: ZonesHost, name: string): Promise<void> {
  const state = host.store.kernelState(name)
  if (!state) return
  const config = host.store.readConfig(name)
  if (state.state === 'running' && !isLx(config))
    keepNewEntries(state.pid, path.join(config.zonepath, 'root'))
  // of a ready zone the process is zoneadmd, which clears up on TERM; of a running one it is the zone's init
  process.kill(state.pid, state.state === 'ready' ? 'SIGTERM' : 'SIGKILL')
  await waitForCleared(host, name)
}

async function waitForCleared(host: ZonesHost, name: string): Promise<void> {
  for (
    const end = Date.now() + bootLimitMs;
    existsSync(runFile(name, 'control')) && Date.now() < end;
    await delay(20)
  ) {
    // the zone's processes are still being ended
  }
  host.store.clearKernelState(name)
}

/** Asks a zone's init to shut down and waits; false when it had to be halted after all. */
export async function shutDownZone(host: ZonesHost, config: ZoneConfig, limitMs: number): Promise<boolean> {
  const { name } = config
  const state = host.store.kernelState(name)
  if (!state) return true
  if (isLx(config)) {
    // Not `shutdown`, which waits for a terminal's users. Not among the zone's processes, which a halt stops for a moment:
    // an nsenter whose child is stopped never goes on.
    tryCommand([
      'nsenter',
      '--target',
      String(state.pid),
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--root',
      '--',
      '/sbin/init',
      '0',
    ])
    const isDown = await waitForState(host, name, (now) => now === undefined, limitMs)
    if (isDown) await waitForCleared(host, name)
    else await haltZone(host, name)
    return isDown
  }
  await haltZone(host, name)
  return true
}
