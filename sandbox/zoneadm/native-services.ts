// The services of a native zone whose boot is acted out: a file of `STATE FMRI` lines that svcs reads.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readRepository } from '../smf/repository.ts'

export type ServiceStates = Record<string, 'online' | 'offline' | 'offline*' | 'disabled'>

const sysid = 'svc:/system/sysidtool:system'

function servicesFile(name: string): string {
  return path.join('/var/run/zones', `${name}.services`, 'services')
}

function writeServices(name: string, states: ServiceStates): void {
  const file = servicesFile(name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(
    `${file}.new`,
    Object.entries(states)
      .map(([fmri, state]) => `${state} ${fmri}\n`)
      .join(''),
  )
  renameSync(`${file}.new`, file)
}

/** Everything that waits for sysidtool. */
function dependants(state: 'online' | 'offline'): ServiceStates {
  return {
    'svc:/system/identity:node': state,
    'svc:/milestone/sysconfig:default': state,
    'svc:/network/ssh:default': state,
    'svc:/milestone/multi-user:default': state,
    'svc:/milestone/multi-user-server:default': state,
  }
}

const early: ServiceStates = {
  'svc:/system/svc/restarter:default': 'online',
  'svc:/system/filesystem/minimal:default': 'online',
  'svc:/network/loopback:default': 'online',
  'svc:/milestone/single-user:default': 'online',
}

/** sysidtool is at work, or waits at the console. */
export function markBooting(name: string): void {
  writeServices(name, { ...early, [sysid]: 'offline*', ...dependants('offline') })
}

/** The services of the zone's own repository follow; they are as it says. */
export function markOnline(name: string, root: string): void {
  const own = [...readRepository(root)].map(([fmri, isEnabled]): [string, 'online' | 'disabled'] => [
    fmri,
    isEnabled ? 'online' : 'disabled',
  ])
  writeServices(name, {
    ...early,
    [sysid]: 'online',
    ...dependants('online'),
    ...Object.fromEntries(own),
  })
}
