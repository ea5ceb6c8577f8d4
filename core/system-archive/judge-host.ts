// Whether a host's system may be archived as it stands: no zone runs, and nothing is refused that nobody allowed.
import { ProvisionError } from '../errors.ts'
import { MAX_FINDINGS, type CapturedZone } from '../manifest.ts'
import { assessZone, type AssessedHost, type SurveyedZone } from './assess-zone.ts'
import {
  findingLine,
  heldFinding,
  isNeverAllowed,
  warningLine,
  type ArchiveRow,
  type ZoneFinding,
} from './finding.ts'

const atRest = ['configured', 'installed', 'incomplete']

/** Zones that are not halted, in the order in which they booted. */
export function activeZones(zones: readonly SurveyedZone[]): SurveyedZone[] {
  return zones.filter(({ state }) => !atRest.includes(state))
}

/** @throws ZonesRunning with their names; with `halt` only for those that are neither up nor down */
export function refuseActive(zones: readonly SurveyedZone[], { halt }: { halt: boolean }): void {
  const active = activeZones(zones).filter(({ state }) => !halt || state !== 'running')
  if (active.length === 0) return
  const named = active.map(({ name, state }) => `${name} (${state})`).join(', ')
  const advice = halt
    ? 'wait until they are running or halted'
    : 'halt them, or ask for --halt, which boots them again afterwards'
  throw new ProvisionError(
    'conflict',
    'ZonesRunning',
    `zones are not halted: ${named}; an archive of their files would be incomplete: ${advice}`,
    { details: { zones: active.map(({ name }) => name) } },
  )
}

/** Every finding of every zone. */
export function assessZones(zones: readonly SurveyedZone[], host: AssessedHost): ZoneFinding[] {
  return zones.flatMap((zone) => assessZone(zone, host))
}

/** @throws ArchiveRefused with every row that keeps the archive from being made */
export function refuseUnallowed(findings: readonly ZoneFinding[], allow: readonly ArchiveRow[]): void {
  const refused = findings.filter(
    ({ severity, row }) => severity === 'refusal' && (isNeverAllowed(row) || !allow.includes(row)),
  )
  if (refused.length === 0) return
  const rows = [...new Set(refused.map(({ row }) => row))].filter((row) => !isNeverAllowed(row))
  const advice =
    rows.length > 0 ? `\nto archive all the same: ${rows.map((row) => `--allow ${row}`).join(' ')}` : ''
  throw new ProvisionError(
    'conflict',
    'ArchiveRefused',
    `${refused.length === 1 ? 'one thing does' : `${refused.length} things do`} not work on another host:\n${refused.map(findingLine).join('\n')}${advice}`,
    { details: { findings: refused } },
  )
}

/** What travels with a zone, bounded: warnings, and the refusals that were allowed. */
export function keptFindings(
  zone: string,
  findings: readonly ZoneFinding[],
): Pick<CapturedZone, 'warnings' | 'held'> {
  const own = (severity: ZoneFinding['severity']) =>
    findings
      .filter((finding) => finding.zone === zone && finding.severity === severity)
      .slice(0, MAX_FINDINGS)
  return { warnings: own('warning').map(warningLine), held: own('refusal').map(heldFinding) }
}
