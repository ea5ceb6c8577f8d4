// zoneadm mark, zoneadm verify
import { Refused, WrongUsage } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import { verifyZone } from './verify.ts'
import type { ZonesHost } from './zones-host.ts'

export function mark(host: ZonesHost, name: string, args: readonly string[]): void {
  const [state, ...rest] = readOptions(args, { usage: 'mark incomplete' }).operands
  if (state === undefined || rest.length > 0) throw new WrongUsage('mark incomplete')
  if (state !== 'incomplete') throw new Refused(`state '${state}' is not supported.`)
  host.store.setState(name, 'incomplete')
}

export function verify(host: ZonesHost, name: string, args: readonly string[]): void {
  noOperands(readOptions(args, { usage: 'verify' }), 'verify')
  verifyZone(host, host.store.readConfig(name), false)
}
