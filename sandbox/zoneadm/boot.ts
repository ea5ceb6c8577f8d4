// zoneadm ready, boot, halt, shutdown, reboot
import { Refused } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import { haltZone, readyZone, shutDownZone, startZone } from './platform.ts'
import { verifyZone } from './verify.ts'
import type { ZonesHost } from './zones-host.ts'

/** that a zone gets to shut down by itself */
const shutdownLimitMs = 60_000

export async function ready(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  noOperands(readOptions(args, { usage: 'ready' }), 'ready')
  const state = host.store.kernelState(name)?.state
  if (state === 'ready') throw new Refused('zone is already ready')
  if (state !== undefined) throw new Refused(`ready operation is invalid for ${state} zones.`)
  const config = host.store.readConfig(name)
  verifyZone(host, config, true)
  await readyZone(host, config)
}

export async function boot(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  // boot arguments, such as `-m verbose`, are for the zone's init
  readOptions(args, { flags: 'sw', values: 'im', usage: 'boot [-- boot_arguments]' })
  const state = host.store.kernelState(name)?.state
  if (state !== undefined && state !== 'ready') throw new Refused('zone is already booted')
  const config = host.store.readConfig(name)
  verifyZone(host, config, true)
  if (state === undefined) await readyZone(host, config)
  await startZone(host, config)
}

export async function halt(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  noOperands(readOptions(args, { usage: 'halt' }), 'halt')
  if (!host.store.kernelState(name)) throw new Refused('zone is already halted')
  await haltZone(host, name)
}

export async function shutdown(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  const { flags } = readOptions(args, { flags: 'r', usage: 'shutdown [-r [-- boot_arguments]]' })
  refuseUnlessRunning(host, name)
  const config = host.store.readConfig(name)
  await shutDownZone(host, config, shutdownLimitMs)
  if (flags.has('r')) await boot(host, name, [])
}

export async function reboot(host: ZonesHost, name: string, args: readonly string[]): Promise<void> {
  readOptions(args, { usage: 'reboot [-- boot_arguments]' })
  refuseUnlessRunning(host, name)
  await haltZone(host, name)
  await boot(host, name, [])
}

function refuseUnlessRunning({ store }: ZonesHost, name: string): void {
  if (store.kernelState(name)?.state !== 'running') throw new Refused('not running')
}
