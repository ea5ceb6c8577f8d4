// A plan as an administrator reads it before anything happens.
import { formatBytes } from '../units.ts'
import type { Plan } from './schema.ts'

/** Ordered steps, bytes to transfer, and the files as they will be written. Give it a masked plan, unless secrets are wanted; `armed` when the host is armed with it. */
export function renderPlanText(plan: Plan, armed?: { armedUntil: string; planChanged: boolean }): string {
  const { host, profile, createdAt, steps, templates, zones, bytes } = plan
  const width = Math.max(...steps.map(({ zone }) => (zone ?? host).length))
  const lines = steps.map(({ step, zone, what }, index) => {
    const number = String(index + 1).padStart(3)
    return `${number}. ${(zone ?? host).padEnd(width)}  ${step.padEnd(9)}  ${what}`
  })
  const downloads = templates.length === 1 ? '1 download' : `${templates.length} downloads`
  return [
    `plan for host ${host}, profile ${profile}, made ${createdAt}`,
    ...(armed
      ? [
          `armed until ${armed.armedUntil}${armed.planChanged ? '; what is planned has changed since: arm again to use it' : ''}`,
        ]
      : []),
    '',
    ...lines,
    '',
    `to transfer: ${formatBytes(bytes)} in ${downloads}`,
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

function file(title: string, text: string): string[] {
  return ['', `--- ${title}`, ...text.trimEnd().split('\n')]
}
