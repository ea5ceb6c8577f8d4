// A line of `zoneadm list -p`; further fields of newer releases are ignored (zones.md 1.4).
import { ProvisionError } from '../errors.ts'

export interface ZoneLine {
  name: string
  state: string
  zonepath: string
  /** absent on releases before brands */
  brand: string | undefined
}

/** @throws CommandOutput */
export function parseZoneLine(line: string): ZoneLine {
  const fields = line
    .trimEnd()
    .split(/(?<!\\):/)
    .map((field) => field.replaceAll('\\:', ':'))
  const [, name, state, zonepath, , brand] = fields
  if (!name || !state || !zonepath?.startsWith('/'))
    throw new ProvisionError(
      'conflict',
      'CommandOutput',
      `zoneadm list -p printed ${JSON.stringify(line)}, expected id:name:state:path:…`,
    )
  return { name, state, zonepath, brand: brand || undefined }
}

/** @throws ZoneRunning, ZoneNotDetached, with what to do in the message */
export function checkDetached({ name, state, zonepath }: ZoneLine, hasManifest: boolean): void {
  if (state === 'configured' && hasManifest) return
  const [code, why] =
    state === 'configured'
      ? [
          'ZoneNotDetached',
          `has no SUNWdetached.xml in ${zonepath}, expected a zone that was installed and detached`,
        ]
      : state === 'installed'
        ? ['ZoneNotDetached', `is installed, expected detached: run zoneadm -z ${name} detach`]
        : state === 'incomplete'
          ? ['ZoneIncomplete', 'is incomplete, expected detached: an install or clone of it failed']
          : [
              'ZoneRunning',
              `is ${state}, expected halted and detached: run zoneadm -z ${name} halt, then detach`,
            ]
  throw new ProvisionError('conflict', code, `zone ${name} ${why}`, { details: { zone: name, state } })
}
