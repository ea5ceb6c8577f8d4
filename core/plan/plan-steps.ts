// The order of things on a host: a template is made ready before its first zone and let go after its last.
import { formatBytes } from '../units.ts'
import { isStreamed } from './ways.ts'
import type { PlannedStep, PlannedSystem, PlannedTemplate, PlannedZone } from './schema.ts'
import { systemSteps } from './system-steps.ts'

/** A template's part or a zone's part of the run, in order; the host's script calls one function for each. */
export type PlanPart =
  | { kind: 'have-template' | 'release-template'; template: PlannedTemplate }
  | { kind: 'have-zone'; zone: PlannedZone; template: PlannedTemplate }

export function planParts(templates: readonly PlannedTemplate[], zones: readonly PlannedZone[]): PlanPart[] {
  return zones.flatMap((zone, index) => {
    const template = templates.find(({ name }) => name === zone.template)
    if (!template) return []
    const isFirst = zones.findIndex((other) => other.template === zone.template) === index
    const isLast = zones.findLastIndex((other) => other.template === zone.template) === index
    return [
      ...(isFirst ? [{ kind: 'have-template', template } as const] : []),
      { kind: 'have-zone', zone, template } as const,
      ...(isLast ? [{ kind: 'release-template', template } as const] : []),
    ]
  })
}

export function planSteps(
  templates: readonly PlannedTemplate[],
  zones: readonly PlannedZone[],
  system?: PlannedSystem,
): PlannedStep[] {
  const check: PlannedStep = {
    step: 'check',
    what: 'look for the commands, and for zones and paths of others in the way',
  }
  const attached = new Set<PlannedTemplate>()
  const steps = planParts(templates, zones).flatMap((part): PlannedStep[] => {
    const { template } = part
    switch (part.kind) {
      case 'have-template': {
        const isKept = template.afterwards === 'keep'
        if (isKept) attached.add(template)
        return [fetchStep(template), ...(isKept ? flashZoneSteps(template) : [])]
      }
      case 'have-zone': {
        if (isStreamed(part.zone)) return streamedZoneSteps(part.zone, template)
        const isFirst = !attached.has(template)
        attached.add(template)
        return [...(isFirst ? flashZoneSteps(template) : []), ...clonedZoneSteps(part.zone, template)]
      }
      case 'release-template':
        return [detachStep(template, attached.has(template))]
    }
  })
  return [
    ...(system ? [...systemSteps(system), rebootStep(system)] : []),
    ...(zones.length > 0 ? [check, ...steps] : []),
  ]
}

/** A host that is up is left to those who work on it. */
function rebootStep({ pool, bootEnvironment }: PlannedSystem): PlannedStep {
  return {
    step: 'boot',
    what: `by hand: reboot into ${pool}/ROOT/${bootEnvironment} and run the script again, which does what follows`,
  }
}

function detachStep({ flashZone, afterwards }: PlannedTemplate, isAttached: boolean): PlannedStep {
  const detach = afterwards === 'keep' ? 'nothing: it is kept' : `zoneadm -z ${flashZone} detach`
  return { step: 'detach', zone: flashZone, what: isAttached ? detach : 'nothing: no zone is cloned from it' }
}

const attachOption = { strict: '', update: ' -u', force: ' -F' }

function attachCommand(zone: string, { attachPolicy, backout }: PlannedTemplate): string {
  const patches = backout.map((patch) => ` -b ${patch}`).join('')
  return `zoneadm -z ${zone} attach${attachOption[attachPolicy]}${patches}`
}

/** Once, before the first zone that is cloned, or at once when it is kept. */
function flashZoneSteps(template: PlannedTemplate): PlannedStep[] {
  const { flashZone, path } = template
  return [
    {
      step: 'configure',
      zone: flashZone,
      what: `zonecfg: create -a ${path}, without the golden host's nets and datasets`,
    },
    { step: 'attach', zone: flashZone, what: attachCommand(flashZone, template) },
  ]
}

function fetchStep(template: PlannedTemplate): PlannedStep {
  const { name, version, format, compression, size, sha256, flashZone, path, deltas, choices } = template
  const chosen = choices.find((choice) => choice.chosen)
  const packed = compression === 'none' ? format : `${format}, ${compression}`
  const whole = `${packed}, ${formatBytes(size)}`
  const common = { step: 'fetch', zone: flashZone } as const
  if (chosen?.form === 'already there') {
    return { ...common, what: `nothing: ${name}@${version} is there; else ${whole}`, bytes: 0 }
  }
  const delta = deltas.find(({ sha256: digest }) => chosen?.sha256 === digest)
  if (delta) {
    const { origin, sha256: digest } = delta
    const onto = `${delta.format} onto ${origin.template}@${origin.version}, ${formatBytes(delta.size)}`
    const what = `${name}@${version} (${onto}), put in ${path}, verify sha256 ${digest.slice(0, 12)}…; if it does not fit: ${whole}`
    return { ...common, what, bytes: delta.size }
  }
  const put = format === 'zfs' ? 'zfs receive as' : 'unpack in'
  const what = `${name}@${version} (${whole}), ${put} ${path}, verify sha256 ${sha256.slice(0, 12)}…`
  return { ...common, what, bytes: size }
}

function streamedZoneSteps(zone: PlannedZone, template: PlannedTemplate): PlannedStep[] {
  const { name, zonepath, nodename, ways } = zone
  const bytes = ways.find(({ chosen }) => chosen)?.bytes ?? 0
  const receive: PlannedStep = {
    step: 'receive',
    zone: name,
    what:
      `a personal stream onto ${template.name}@${template.version}, about ${formatBytes(bytes)}: nodename ${nodename}, ` +
      `everything of ${zone.osFamily} that tells clones apart; if it does not do: a clone of ${template.flashZone}`,
    bytes,
  }
  return [
    receive,
    ...named(zone, [
      ['configure', `zonecfg: create -a ${zonepath}; the stream brings the profile's settings too`],
      ['attach', attachCommand(name, template)],
      ['identity', zone.osFamily === 'linux' ? 'ssh host keys' : 'nothing: the stream brought it'],
    ]),
    ...firstBootSteps(zone),
  ]
}

function clonedZoneSteps(zone: PlannedZone, { flashZone, name, version }: PlannedTemplate): PlannedStep[] {
  return [
    ...named(zone, [
      [
        'configure',
        `zonecfg: create -t ${flashZone}, then the profile's settings; origin ${name}@${version}`,
      ],
      ['clone', `zoneadm -z ${zone.name} clone ${flashZone} to ${zone.zonepath}`],
      ['identity', `reset as for ${zone.osFamily}; nodename ${zone.nodename}`],
      [
        'sysidcfg',
        zone.sysidcfg === undefined
          ? 'nothing: this system asks no questions'
          : 'write etc/sysidcfg, mode 0600',
      ],
    ]),
    ...firstBootSteps(zone),
  ]
}

function firstBootSteps(zone: PlannedZone): PlannedStep[] {
  return named(zone, [
    ['boot', `zoneadm -z ${zone.name} boot`],
    ['wait', 'until the first boot is over'],
    ['smoke', zone.smoke.map((check) => check.name).join(', ') || 'none'],
  ])
}

function named(
  { name }: PlannedZone,
  steps: readonly (readonly [PlannedStep['step'], string])[],
): PlannedStep[] {
  return steps.map(([step, what]) => ({ step, zone: name, what }))
}
