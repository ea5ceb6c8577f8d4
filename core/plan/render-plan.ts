// A plan as an administrator reads it before anything happens.
import { inDoubt } from '../jumpstart/rules/explain.ts'
import { formatBytes } from '../units.ts'
import { isStreamed } from './ways.ts'
import { whoBringsSystem } from './who-brings-system.ts'
import type {
  Plan,
  PlannedChoice,
  PlannedJumpStart,
  PlannedSystem,
  PlannedTemplate,
  PlannedZone,
} from './schema.ts'

interface ArmedWith {
  armedUntil: string
  planChanged: boolean
  refusal?: string
}

/** Ordered steps, bytes to transfer, and the files as they will be written. Give it a masked plan, unless secrets are wanted; `armed` when the host is armed with it. */
export function renderPlanText(plan: Plan, armed?: ArmedWith): string {
  const { host, profile, createdAt, steps, system, jumpstart, kayak, templates, canaries, zones, bytes } =
    plan
  const width = Math.max(...steps.map(({ zone }) => (zone ?? host).length))
  const lines = steps.map(({ step, zone, what }, index) => {
    const number = String(index + 1).padStart(3)
    return `${number}. ${(zone ?? host).padEnd(width)}  ${step.padEnd(9)}  ${what}`
  })
  const fetched = templates.filter(({ choices }) => !choices.some(isThere)).length + (system ? 1 : 0)
  const streams = zones.filter(isStreamed)
  const downloads = fetched === 1 ? '1 download' : `${fetched} downloads`
  return [
    `plan for host ${host}, profile ${profile}, made ${createdAt}`,
    ...(armed ? [armedText(armed)] : []),
    ...canaries.map(
      ({ template, channel, version, instead }) =>
        `canary: ${template}@${channel} is the candidate ${version} here; other hosts get ${instead}`,
    ),
    '',
    ...lines,
    '',
    `to transfer: ${formatBytes(bytes)} in ${downloads}${streams.length > 0 ? streamsText(streams) : ''}`,
    ...(jumpstart ? jumpStartLines(jumpstart) : []),
    ...(kayak
      ? ['', `kayak makes pool ${kayak.pool} of ${kayak.settings.disks.join(' ')}: what is on them is lost`]
      : []),
    ...(system && whoBringsSystem(plan) === 'script' ? systemLines(system) : []),
    ...templates.flatMap(formLines),
    ...zones.flatMap(wayLines),
    ...zones.flatMap((zone) => [
      ...file(`zonecfg of ${zone.name}${whenConfigured(zone)}`, zone.zonecfg),
      ...(zone.sysidcfg === undefined ? [] : file(`${zone.zonepath}/root/etc/sysidcfg`, zone.sysidcfg)),
      ...(zone.touch.length > 0
        ? file(`empty files below ${zone.zonepath}/root`, zone.touch.join('\n'))
        : []),
      ...(zone.smoke.length > 0
        ? file(
            `smoke checks in ${zone.name}`,
            zone.smoke
              .map((check) => `${check.name} (${check.timeoutSeconds} s): ${check.command}`)
              .join('\n'),
          )
        : []),
    ]),
    '',
  ].join('\n')
}

/** What the installer is told, beside the rules. */
function jumpStartLines({ doubt, installProfile, sysidcfg, touch }: PlannedJumpStart): string[] {
  return [
    ...(doubt === undefined ? [] : ['', `The host ${inDoubt(doubt)}`]),
    ...(installProfile === undefined ? [] : file('install profile', installProfile)),
    ...file('sysidcfg of the installer', sysidcfg),
    ...(touch.length > 0 ? file('empty files below /a', touch.join('\n')) : []),
  ]
}

/** What is written below the new root. */
function systemLines({ pool, bootEnvironment, sysidcfg, files, touch }: PlannedSystem): string[] {
  const root = `${pool}/ROOT/${bootEnvironment}`
  return [
    ...(sysidcfg === undefined ? [] : file(`etc/sysidcfg in ${root}`, sysidcfg)),
    ...files.flatMap(({ path, text }) => file(`${path} in ${root}`, text === '' ? '(empty)' : text)),
    ...(touch.length > 0 ? file(`empty files in ${root}`, touch.join('\n')) : []),
  ]
}

/** A zone may come with its configuration, and then nothing is left to set. */
function whenConfigured(zone: PlannedZone): string {
  if (zone.detachedXml !== undefined) return ', only if it does not lie ready at the first boot'
  return isStreamed(zone) ? ', only if the personal stream does not do' : ''
}

function armedText({ armedUntil, planChanged, refusal }: ArmedWith): string {
  const changed =
    refusal === undefined
      ? '; what is planned has changed since: arm again to use it'
      : `; arming again would be refused: ${refusal}`
  return `armed until ${armedUntil}${planChanged ? changed : ''}`
}

const isThere = ({ form, chosen }: PlannedChoice): boolean => chosen && form === 'already there'

function streamsText(zones: readonly PlannedZone[]): string {
  const bytes = zones.flatMap(({ ways }) => ways).reduce((sum, way) => sum + (way.chosen ? way.bytes : 0), 0)
  return `, and about ${formatBytes(bytes)} in ${zones.length === 1 ? '1 personal stream' : `${zones.length} personal streams`}`
}

/** Every form of a template with its bytes and seconds; the one that will be used is marked. */
function formLines({ name, version, choices, foreign }: PlannedTemplate): string[] {
  if (choices.length === 0) return []
  const lines = table(choices.map((choice) => ({ ...choice, name: choice.form })))
  return ['', `forms of ${name}@${version}`, ...lines, ...foreign.map((line) => `  ! ${line}`)]
}

/** Every way to make a zone, likewise. */
function wayLines({ name, template, version, ways }: PlannedZone): string[] {
  if (ways.length === 0) return []
  const lines = table(ways.map((way) => ({ ...way, name: way.way })))
  return ['', `ways to zone ${name} from ${template}@${version}`, ...lines]
}

interface Line {
  name: string
  bytes: number
  /** plans of before have none */
  seconds?: number | undefined
  usable: boolean
  chosen: boolean
  why: string
}

function table(lines: readonly Line[]): string[] {
  const width = Math.max(...lines.map(({ name }) => name.length))
  return lines.map(({ name, bytes, seconds, usable, chosen, why }) => {
    const mark = chosen ? '*' : usable ? ' ' : '-'
    const time = seconds === undefined ? '' : `~${seconds.toFixed(1)} s`
    return `  ${mark} ${name.padEnd(width)}  ${formatBytes(bytes).padStart(10)}  ${time.padStart(8)}  ${why}`
  })
}

function file(title: string, text: string): string[] {
  return ['', `--- ${title}`, ...text.trimEnd().split('\n')]
}
