// A sandbox host as files: `$SANDBOX_DIR/HOST` holds its root, its pool and who supervises it.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'
import type { OsRelease } from '#core/host.ts'
import { HostName } from '#core/names.ts'
import { runCommand } from '../command.ts'

export interface HostDescription {
  name: string
  release: OsRelease
  nic: string
  /** absent when the host was made without ZFS */
  pool?: string
  /** the host's own address and the machine's end of its uplink */
  address: string
  rootAddress: string
  uplink: string
}

/** The directory below which all hosts live. An empty SANDBOX_DIR counts as none, as in bin/sandbox. */
export function sandboxDirectory(): string {
  return path.resolve(process.env['SANDBOX_DIR'] || '/var/lib/zoneflash-sandbox')
}

/** Whether we made this directory: whoever makes or keeps a host has signed it. Nothing else below SANDBOX_DIR is ever removed. */
function isHost(directory: string): boolean {
  return ['creator', 'supervisor'].some((file) => {
    try {
      return /^\d+ \d+\s*$/.test(readFileSync(path.join(directory, file), 'utf8'))
    } catch {
      return false
    }
  })
}

export function hostDirectory(name: string): string {
  const parsed = HostName.safeParse(name)
  if (!parsed.success) {
    throw new ProvisionError(
      'invalid',
      'BadHostName',
      `${name}: expected a host name: one DNS label in lower case`,
    )
  }
  return path.join(sandboxDirectory(), parsed.data)
}

/** Field 22 of /proc/PID/stat: with the pid it names one process for ever. */
function startTime(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

/** A process as `PID STARTTIME`. */
export function processIdentity(pid: number): string {
  return `${pid} ${startTime(String(pid))}`
}

/** The pid in a file of processIdentity's form, while that very process lives. */
function livingProcess(file: string): number | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const [pid, start] = text.trim().split(' ')
  return pid && start && startTime(pid) === start ? Number(pid) : undefined
}

/** The supervisor's pid while it lives. */
export function supervisorOf(directory: string): number | undefined {
  return livingProcess(path.join(directory, 'supervisor'))
}

/** A running host's description. @throws NoSuchHost */
export function describeHost(name: string): HostDescription {
  const directory = hostDirectory(name)
  if (supervisorOf(directory) === undefined || !existsSync(path.join(directory, 'ready'))) {
    throw new ProvisionError(
      'missing',
      'NoSuchHost',
      `${name}: no such host is running below ${sandboxDirectory()}`,
    )
  }
  return JSON.parse(readFileSync(path.join(directory, 'ready'), 'utf8'))
}

export interface ListedHost {
  name: string
  supervisor: number | undefined
  description: HostDescription | undefined
}

/** Every host below the sandbox directory, dead ones too. */
export function listHosts(): ListedHost[] {
  let names: string[]
  try {
    names = readdirSync(sandboxDirectory())
  } catch {
    return []
  }
  return names
    .filter((name) => HostName.safeParse(name).success && isHost(path.join(sandboxDirectory(), name)))
    .sort()
    .map((name) => {
      const directory = path.join(sandboxDirectory(), name)
      const ready = path.join(directory, 'ready')
      return {
        name,
        supervisor: supervisorOf(directory),
        description: existsSync(ready) ? JSON.parse(readFileSync(ready, 'utf8')) : undefined,
      }
    })
}

/** Ends a host, if it runs, and removes what it left on the disk. @throws NotAHost for a directory that no sandbox made */
export function destroyHost(name: string): void {
  const directory = hostDirectory(name)
  if (existsSync(directory) && !isHost(directory)) {
    throw new ProvisionError(
      'conflict',
      'NotAHost',
      `${directory} was not made by sandbox create, expected a sandbox host; remove it yourself if it may go`,
    )
  }
  const supervisor = supervisorOf(directory)
  if (supervisor !== undefined) {
    process.kill(supervisor, 'SIGKILL')
    // its namespaces, and with them mounts, daemon and zones, are gone once it is reaped
    while (startTime(String(supervisor)) !== undefined)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
  rmSync(path.join(directory, 'ready'), { force: true })
  runCommand(['rm', '-rf', '--one-file-system', directory])
}

/** Removes the hosts that nobody can use: the supervisor is dead, or who made them died before they were whole. */
export function sweepDeadHosts(): string[] {
  const dead = listHosts().filter(({ name, supervisor }) => {
    const creator = path.join(sandboxDirectory(), name, 'creator')
    return existsSync(creator) ? livingProcess(creator) === undefined : supervisor === undefined
  })
  for (const { name } of dead) destroyHost(name)
  return dead.map(({ name }) => name)
}
