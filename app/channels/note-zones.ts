// Keeps what a host reports about its zones.
import type { InstallEvent } from '#core/install.ts'
import { TemplateName, VersionName } from '#core/names.ts'
import type { VersionId } from '../ports/catalog.ts'
import type { ZoneRegistry } from '../ports/channels.ts'
import type { Install } from '../ports/installs.ts'
import { plannedZones } from './planned-zones.ts'

/** Steps after which a zone has had its first boot; `zone` stands for one that was found finished. */
const bootedSteps = ['boot', 'zone']

/** Steps that make a zone: as a clone of the flash zone, or attached by itself behind a personal stream. */
const makingSteps = ['clone', 'attach']

/** May be told the same event again. */
export async function noteZones(
  { id: install, host, plan }: Install,
  { step, state, zone: name, message }: InstallEvent,
  at: Date,
  zones: ZoneRegistry,
): Promise<void> {
  if (state !== 'done' && state !== 'skipped') return
  const planned = plannedZones(plan).zones
  if (name === undefined) {
    if (step === 'rollback' && state === 'done') {
      const left = (message ?? '').split('\n')
      const gone = planned
        .map(({ zone }) => zone)
        .filter((zone) => !left.includes(`left behind: zone ${zone}`))
      await zones.rolledBack(host, install, gone)
    }
    return
  }
  const found = planned.find(({ zone }) => zone === name)
  if (!found) return
  const origin = step === 'zone' ? saidOrigin(message) : undefined
  // A clone that is skipped is there already, maybe from another version.
  if (makingSteps.includes(step) && state === 'done') await zones.made({ host, ...found, install, at })
  else if (origin) await zones.found({ host, zone: name, ...origin, at })
  else await zones.seen({ host, zone: name, booted: bootedSteps.includes(step), at })
}

/** `made from web@1`, as finish-scripts/zone.sh says it of a zone that was finished before. */
function saidOrigin(message = ''): VersionId | undefined {
  const [, template, version] = /^made from ([^@\s]+)@(\S+)$/.exec(message.trim()) ?? []
  const name = TemplateName.safeParse(template)
  const said = VersionName.safeParse(version)
  return name.success && said.success ? { template: name.data, version: said.data } : undefined
}
