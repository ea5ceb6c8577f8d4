// zoneadm list
import type { IndexEntry } from '#core/zone/index-file.ts'
import { Refused, RefusedWhole } from './failure.ts'
import { renderParsableList, renderVerboseList, type ListedZone } from './list-format.ts'
import { readOptions } from './options.ts'
import { isSolaris10 } from './release.ts'
import { brandOf, zoneState, type ZonesHost } from './zones-host.ts'

const usage = 'list [-cipv]'

/** Prints zones: running ones, with -i installed ones too, with -c all. */
export function list(host: ZonesHost, name: string | undefined, args: readonly string[]): void {
  const { flags } = readOptions(args, { flags: 'cipv', usage })
  if (flags.has('p') && flags.has('v')) throw new Refused('list -p and -v are mutually exclusive.')
  if (name !== undefined && (flags.has('c') || flags.has('i'))) {
    throw new Refused('-z zonename is not allowed with -c or -i.')
  }
  const zones = name === undefined ? orderedZones(host) : [oneZone(host, name)]
  const shown = zones.filter(
    ({ state }) =>
      name !== undefined ||
      flags.has('c') ||
      state === 'running' ||
      (flags.has('i') && state !== 'configured' && state !== 'incomplete'),
  )
  if (flags.has('v')) process.stdout.write(renderVerboseList(shown, host.release))
  else if (flags.has('p')) process.stdout.write(renderParsableList(shown, host.release))
  else process.stdout.write(shown.map((zone) => `${zone.name}\n`).join(''))
}

function oneZone(host: ZonesHost, name: string): ListedZone {
  const entry = host.store.findEntry(name)
  if (name === 'global') return globalZone(host)
  if (!entry) throw new RefusedWhole(`${name}: No such zone configured`)
  return describe(host, entry)
}

/** The kernel's zones by id, then the index in its order. */
function orderedZones(host: ZonesHost): ListedZone[] {
  const known = host.store
    .listIndex()
    .filter((entry) => entry.name !== 'global')
    .map((entry) => describe(host, entry))
  const kernel = known.filter((zone) => zone.id !== undefined).toSorted((a, b) => (a.id ?? 0) - (b.id ?? 0))
  return [globalZone(host), ...kernel, ...known.filter((zone) => zone.id === undefined)]
}

function globalZone({ release }: ZonesHost): ListedZone {
  return {
    id: 0,
    name: 'global',
    state: 'running',
    zonepath: '/',
    uuid: '',
    brand: isSolaris10(release) ? 'native' : 'ipkg',
    ipType: 'shared',
    debugid: '',
  }
}

function describe(host: ZonesHost, entry: IndexEntry): ListedZone {
  const kernel = host.store.kernelState(entry.name)
  const config = host.store.hasConfig(entry.name) ? host.store.readConfig(entry.name) : undefined
  return {
    ...(kernel && { id: kernel.id }),
    name: entry.name,
    state: zoneState(host, entry),
    zonepath: entry.zonepath,
    uuid: entry.uuid,
    brand: config ? brandOf(config) : '-',
    ipType: config?.properties['ip-type'] === 'exclusive' ? 'excl' : 'shared',
    debugid: config?.properties.debugid ?? '',
  }
}
