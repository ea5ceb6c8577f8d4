// Takes off a host what builds made there for a version that is no more: the golden zone, or the zone that it was imported as.
import { ProvisionError } from '#core/errors.ts'
import { parseZoneLine } from '#core/packaging/zone-line.ts'
import type { HostShell } from '../ports/hosts.ts'
import { findDataset, whenCommandFailed, ZFS } from '../zone-snapshot.ts'

const ZONEADM = '/usr/sbin/zoneadm'
const ZONECFG = '/usr/sbin/zonecfg'

/** attach, uninstall, delete; and once more, if somebody came between */
const MAX_STEPS = 6

/** Whether builds name the template's zones so, `o` for one that was imported: an administrator's own zone is never removed. */
export function isGoldenName(zone: string, template: string): boolean {
  return zone.startsWith(`${template}-`) && /^o?[0-9a-f]{8}$/.test(zone.slice(template.length + 1))
}

/**
 * May have died at any line before. Nothing to do when the zone is gone.
 * @throws GoldenZoneBusy while other zones are clones of it or somebody runs it, CommandFailed, HostUnreachable
 */
export async function removeGoldenZone(shell: HostShell, zone: string): Promise<void> {
  let said: unknown
  for (let step = 0; step < MAX_STEPS; step++) {
    const line = await shell.run([ZONEADM, '-z', zone, 'list', '-p']).catch(whenNoZone)
    if (line === undefined) return
    const { state, zonepath } = parseZoneLine(line)
    await refuseClones(shell, zone, zonepath)
    const next = await nextStep(shell, zone, zonepath, state)
    said = await shell.run(next).then(
      () => undefined,
      (error: unknown) => error,
    )
    // A tree that cannot be attached any more goes with its dataset alone.
    if (said !== undefined && next.includes('attach')) await forget(shell, zone, zonepath)
  }
  throw said ?? busy(zone, 'it comes back after each step of its removal')
}

async function nextStep(
  shell: HostShell,
  zone: string,
  zonepath: string,
  state: string,
): Promise<[string, ...string[]]> {
  if (state === 'installed' || state === 'incomplete') return [ZONEADM, '-z', zone, 'uninstall', '-F']
  if (state !== 'configured') throw busy(zone, `it is ${state}, expected halted`)
  const detached = await shell.run(['/bin/ls', `${zonepath}/SUNWdetached.xml`]).catch(whenCommandFailed)
  // A detached zone is attached to be uninstalled: that knows how its dataset goes.
  return detached === undefined
    ? [ZONECFG, '-z', zone, 'delete', '-F']
    : [ZONEADM, '-z', zone, 'attach', '-F']
}

/**
 * Destroying a dataset with clones would need `-R`, which takes the clones too. They stand on the zonepath's dataset, or on one
 * below it (OmniOS: `DATASET/ROOT/zbe`); what the zone itself has there, boot environments among it, are clones of one another.
 */
async function refuseClones(shell: HostShell, zone: string, zonepath: string): Promise<void> {
  const dataset = await findDataset(shell, zonepath)
  if (dataset === undefined) return
  const list = await shell.run([ZFS, 'list', '-H', '-t', 'filesystem', '-o', 'name,origin'])
  const isOwn = (name: string) => name.startsWith(`${dataset}@`) || name.startsWith(`${dataset}/`)
  const rows = list.split('\n').map((line) => line.split('\t'))
  const clone = rows.find(([name = '', origin = '']) => isOwn(origin) && name !== dataset && !isOwn(name))
  if (clone !== undefined) throw busy(zone, `${clone[0]} is a clone of it`)
}

async function forget(shell: HostShell, zone: string, zonepath: string): Promise<void> {
  const dataset = await findDataset(shell, zonepath)
  if (dataset !== undefined) await shell.run([ZFS, 'destroy', '-r', dataset])
  await shell.run([ZONECFG, '-z', zone, 'delete', '-F'])
}

function busy(zone: string, why: string): ProvisionError {
  return new ProvisionError(
    'unavailable',
    'GoldenZoneBusy',
    `the golden zone ${zone} cannot be removed: ${why}`,
  )
}

function whenNoZone(error: unknown): undefined {
  if (error instanceof ProvisionError && /No such zone/i.test(error.message)) return undefined
  throw error
}
