// A plan as an administrator reads it before anything happens.
import { formatBytes } from '../units.ts'
import type { Plan, PlannedChoice, PlannedTemplate } from './schema.ts'

/** Ordered steps, bytes to transfer, and the files as they will be written. Give it a masked plan, unless secrets are wanted; `armed` when the host is armed with it. */
export function renderPlanText(plan: Plan, armed?: { armedUntil: string; planChanged: boolean }): string {
  const { host, profile, createdAt, steps, templates, canaries, zones, bytes } = plan
  const width = Math.max(...steps.map(({ zone }) => (zone ?? host).length))
  const lines = steps.map(({ step, zone, what }, index) => {
    const number = String(index + 1).padStart(3)
    return `${number}. ${(zone ?? host).padEnd(width)}  ${step.padEnd(9)}  ${what}`
  })
  const fetched = templates.filter(({ choices }) => !choices.some(isThere)).length
  const downloads = fetched === 1 ? '1 download' : `${fetched} downloads`
  return [
    `plan for host ${host}, profile ${profile}, made ${createdAt}`,
    ...(armed
      ? [
          `armed until ${armed.armedUntil}${armed.planChanged ? '; what is planned has changed since: arm again to use it' : ''}`,
        ]
      : []),
    ...canaries.map(
      ({ template, channel, version, instead }) =>
        `canary: ${template}@${channel} is the candidate ${version} here; other hosts get ${instead}`,
    ),
    '',
    ...lines,
    '',
    `to transfer: ${formatBytes(bytes)} in ${downloads}`,
    ...templates.flatMap(formLines),
    ...zones.flatMap((zone) => [
      ...file(`zonecfg of ${zone.name}`, zone.zonecfg),
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

const isThere = ({ form, chosen }: PlannedChoice): boolean => chosen && form === 'already there'

/** Every form of a template with its bytes; the one that will be used is marked. */
function formLines({ name, version, choices, foreign }: PlannedTemplate): string[] {
  if (choices.length === 0) return []
  const width = Math.max(...choices.map(({ form }) => form.length))
  const lines = choices.map(({ form, bytes, usable, chosen, why }) => {
    const mark = chosen ? '*' : usable ? ' ' : '-'
    return `  ${mark} ${form.padEnd(width)}  ${formatBytes(bytes).padStart(10)}  ${why}`
  })
  return ['', `forms of ${name}@${version}`, ...lines, ...foreign.map((line) => `  ! ${line}`)]
}

function file(title: string, text: string): string[] {
  return ['', `--- ${title}`, ...text.trimEnd().split('\n')]
}
