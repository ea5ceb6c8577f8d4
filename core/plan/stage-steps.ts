// The order of things on a host that JumpStart installs: what the finish script does below /a, and what is left to the first boot.
import { planSteps } from './plan-steps.ts'
import type { Plan, PlannedStep, PlannedZone } from './schema.ts'
import { systemSteps } from './system-steps.ts'
import { isStreamed } from './ways.ts'
import { whoBringsSystem } from './who-brings-system.ts'

const arranged = (work: string): PlannedStep => ({
  step: 'stage',
  what: `leave a service that ${work} at the first boot, and then removes itself`,
})

/** The steps of a run by hand, with the finish script's before or between them. */
export function stageSteps(
  { templates, zones, system }: Pick<Plan, 'templates' | 'zones' | 'system'>,
  come: NonNullable<Plan['zonesCome']>,
): PlannedStep[] {
  const run = planSteps(templates, zones)
  const check = run.filter(({ step }) => step === 'check')
  const installed = system ? systemSteps(system) : []
  const atOnce = run.filter(({ step }) => step !== 'check')
  const before: PlannedStep = {
    step: 'check',
    what: 'in the finish script: what is installed below /a, and commands of the installer',
  }
  // what the installer brings is there before any finish script runs
  const isThere = whoBringsSystem({ system }) === 'installer'
  const service = arranged(zones.length > 0 || system ? 'finishes the zones' : 'tells the server')
  const begun = isThere ? [...installed, before, service] : [before, ...installed, service]
  if (come === 'first-boot') return [...begun, ...check, ...atOnce]
  const fetched = atOnce.filter(({ step }) => step === 'fetch')
  const isKept = (zone: string | undefined) =>
    templates.some(({ flashZone, afterwards }) => flashZone === zone && afterwards === 'keep')
  return [
    ...begun,
    ...fetched,
    ...zones.map(stagedZone),
    ...check,
    ...atOnce.filter(({ step, zone }) => isKept(zone) && (step === 'configure' || step === 'attach')),
    ...zones.flatMap(({ name, zonepath }) => [
      { step: 'configure' as const, zone: name, what: `zonecfg: create -a ${zonepath}` },
      ...atOnce
        .filter(({ zone, step }) => zone === name && ['boot', 'wait', 'smoke'].includes(step))
        .flatMap((one) =>
          one.step === 'boot'
            ? [{ step: 'attach' as const, zone: name, what: `zoneadm -z ${name} attach` }, one]
            : [one],
        ),
    ]),
  ]
}

function stagedZone(zone: PlannedZone): PlannedStep {
  const { name, zonepath, nodename, osFamily, ways } = zone
  const bytes = ways.find(({ chosen }) => chosen)?.bytes ?? 0
  const made = isStreamed(zone)
    ? 'by a personal stream, else a clone or a copy of its template'
    : 'a clone of its template where there is a pool, else a copy'
  return {
    step: 'stage',
    zone: name,
    what: `/a${zonepath}: ${made}; identity of ${osFamily}, nodename ${nodename}, answers, configuration`,
    ...(bytes > 0 && { bytes }),
  }
}
