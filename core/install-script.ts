// The one script that a host fetches and runs: the plan as shell variables, then the library and main text as they are.
import { MASK } from './mask-profile.ts'
import { maskPlan } from './plan/mask-plan.ts'
import { plainUrl } from './plan/plain-url.ts'
import { planParts } from './plan/plan-steps.ts'
import type { Plan, PlannedSystem, PlannedTemplate, PlannedZone } from './plan/schema.ts'
import { isStreamed } from './plan/ways.ts'
import { whoBringsSystem, type RunPhase } from './plan/who-brings-system.ts'
import { shellQuote } from './shell-quote.ts'
import { renderCapturedZones } from './system-archive/restore-script.ts'

/** Files of finish-scripts/ that make the library, in order; main.sh comes last and ends with the call that starts the run. */
export const libraryFiles = [
  'lib.sh',
  'report.sh',
  'run.sh',
  'fetch.sh',
  'unpack.sh',
  'zfs.sh',
  'forms.sh',
  'layer.sh',
  'template.sh',
  'zone.sh',
  'personal.sh',
  'staged.sh',
  'zoneroot.sh',
  'identity.sh',
  'restore-zones.sh',
  'system.sh',
  'system-checks.sh',
  'new-root.sh',
  'bootfs.sh',
  'rollback.sh',
] as const

export interface ScriptParts {
  library: string
  main: string
}

export interface ScriptOptions {
  /** the install token */
  token: string
  /** how this host reaches the server */
  baseUrl: string
  /** who runs it; default: a person or a worker, on a host that is up */
  phase?: RunPhase
}

/** @throws ShellValueInvalid, BaseUrlInvalid */
export function renderInstallScript(plan: Plan, options: ScriptOptions, parts: ScriptParts): string {
  return wholeScript([...planVariables(plan, options), ...order(plan), parts.library, parts.main])
}

/** One text with one line end at its end. */
export function wholeScript(lines: readonly string[]): string {
  return lines.join('\n').trimEnd().concat('\n')
}

/** What every script of a host begins with: the plan as variables and functions. @throws ShellValueInvalid, BaseUrlInvalid */
export function planVariables(plan: Plan, { token, baseUrl, phase = '' }: ScriptOptions): string[] {
  const system = whoBringsSystem(plan, phase) === 'script' ? plan.system : undefined
  return [
    '#!/bin/sh',
    comment(`What happens on host ${plan.host}: profile ${plan.profile}, planned ${plan.createdAt}.`),
    '# The plan comes first, as variables and in its order in zf_plan; the library below it carries it out.',
    '# shellcheck disable=SC2003,SC2006,SC2016,SC2162,SC2172,SC2317 # Solaris 10 has no newer words; values stay quoted',
    '# This text holds secrets. It does nothing unless it is complete: the last line starts it.',
    '',
    ...variables({
      zf_host: plan.host,
      zf_profile: plan.profile,
      zf_made: plan.createdAt,
      zf_url: plainUrl(baseUrl),
      zf_token: token,
      zf_flash_root: plan.flashRoot,
      zf_zones_root: plan.zonesRoot,
      zf_wait: String(plan.waitSeconds),
      zf_phase: phase,
      zf_root: '',
      zf_template_count: String(plan.templates.length),
      zf_zone_count: String(plan.zones.length),
      zf_has_system: system ? 'yes' : '',
      zf_furnish: '',
    }),
    '',
    ...renderCapturedZones(plan.system?.capturedZones ?? [], {
      osFamily: plan.system?.osFamily ?? 'solaris10',
      interfaceMap: plan.system?.interfaceMap ?? {},
    }),
    ...(system ? renderSystem(system) : []),
    ...plan.templates.flatMap((template, index) => templateFunction(template, index + 1, plan.zones, phase)),
    ...plan.zones.flatMap((zone, index) => zoneFunctions(zone, index + 1, phase)),
  ]
}

/** The script for reading: token, hashes and passwords hidden. */
export function maskInstallScript(
  plan: Plan,
  options: Omit<ScriptOptions, 'token'>,
  parts: ScriptParts,
): string {
  return renderInstallScript(maskPlan(plan), { ...options, token: MASK }, parts)
}

function templateFunction(
  template: PlannedTemplate,
  number: number,
  zones: readonly PlannedZone[],
  phase: RunPhase,
): string[] {
  return [
    comment(`template ${number}: ${template.name}@${template.version}, ${template.size} bytes to transfer`),
    `zf_template_${number}() {`,
    ...indented(
      variables({
        t_name: template.name,
        t_version: template.version,
        t_zone: template.flashZone,
        t_path: template.path,
        t_url_path: template.urlPath,
        t_sha256: template.sha256,
        t_format: template.format,
        t_compression: template.compression,
        t_layout: template.layout ?? '',
        t_guids: template.guids.join(' '),
        t_digests: [...new Set([template.sha256, ...template.digests])].join(' '),
        ...deltaVariables(template),
        t_attach_policy: template.attachPolicy,
        t_backout: template.backout.join(' '),
        t_flash_zone: template.afterwards,
        t_for_zones: zones
          .filter((zone) => zone.template === template.name)
          .map((zone) => zone.name)
          .join(' '),
        t_detached_xml: template.detachedXml.trimEnd(),
      }),
    ),
    ...(phase === 'install' ? ['  t_path=$zf_root$t_path'] : []),
    '}',
    '',
  ]
}

/** A form that the version does not have is an empty address. */
function deltaVariables({ deltas }: PlannedTemplate): Record<string, string> {
  const increment = deltas.find(({ format }) => format === 'zfs-incremental')
  const layer = deltas.find(({ format }) => format === 'layer')
  return {
    t_increment_url_path: increment?.urlPath ?? '',
    t_increment_sha256: increment?.sha256 ?? '',
    t_increment_compression: increment?.compression ?? '',
    t_increment_from: increment?.fromGuid ?? '',
    t_layer_url_path: layer?.urlPath ?? '',
    t_layer_sha256: layer?.sha256 ?? '',
    t_layer_compression: layer?.compression ?? '',
    t_layer_origin: layer?.origin.template ?? '',
    t_layer_origin_version: layer?.origin.version ?? '',
    t_layer_onto: layer?.onto.join(' ') ?? '',
  }
}

function zoneFunctions(zone: PlannedZone, number: number, phase: RunPhase): string[] {
  const checks = zone.smoke.map(
    ({ name, command, timeoutSeconds }) =>
      `  smoke ${shellQuote(name)} ${timeoutSeconds} ${shellQuote(command)} || return 1`,
  )
  return [
    comment(`zone ${number}: ${zone.name}, a clone of ${zone.template}@${zone.version}`),
    `zf_zone_${number}() {`,
    ...indented(
      variables({
        z_name: zone.name,
        z_path: zone.zonepath,
        z_os_family: zone.osFamily,
        z_nodename: zone.nodename,
        z_timezone: zone.timezone,
        z_root_password: zone.rootPassword ?? '',
        z_stream: isStreamed(zone) ? 'yes' : '',
        z_touch: zone.touch.join(' '),
        z_replaces: zone.replaces.join('\n'),
        z_zonecfg: zone.zonecfg.trimEnd(),
        z_sysidcfg: (zone.sysidcfg ?? '').trimEnd(),
        ...(phase === 'install' && { z_detached_xml: (zone.detachedXml ?? '').trimEnd() }),
      }),
    ),
    ...(phase === 'install' ? ['  z_path=$zf_root$z_path'] : []),
    '}',
    '',
    `zf_smoke_${number}() {`,
    ...(checks.length > 0 ? checks : ['  return "$nothing_to_do"']),
    '}',
    '',
  ]
}

function order(plan: Plan): string[] {
  const lines: string[] = []
  let chosen: PlannedTemplate | undefined
  for (const part of planParts(plan.templates, plan.zones)) {
    if (part.template !== chosen) lines.push(`zf_template_${plan.templates.indexOf(part.template) + 1}`)
    chosen = part.template
    if (part.kind === 'have-zone') {
      const number = plan.zones.indexOf(part.zone) + 1
      lines.push(`zf_zone_${number}`, `have_zone zf_smoke_${number}`)
    } else {
      lines.push(part.kind === 'have-template' ? 'have_template' : 'release_template')
    }
  }
  return [
    '# What happens, in this order. Each step looks first and does only what is left to do.',
    'zf_plan() {',
    ...indented(lines.length > 0 ? lines : [':']),
    '}',
    '',
  ]
}

/** `name='value'` each. @throws ShellValueInvalid */
export function variables(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${shellQuote(value)}`)
}

function renderSystem(system: PlannedSystem): string[] {
  const files = system.files.map(
    ({ path, mode, text }) =>
      `  system_file ${shellQuote(path)} ${mode.toString(8)} ${shellQuote(text.trimEnd())} || return 1`,
  )
  return [
    comment(`the system: ${system.template}@${system.version}, ${system.size} bytes to transfer`),
    'zf_system() {',
    ...indented(
      variables({
        y_name: system.template,
        y_version: system.version,
        y_os_family: system.osFamily,
        y_url_path: system.urlPath,
        y_sha256: system.sha256,
        y_format: system.format,
        y_compression: system.compression,
        y_guid: system.guid ?? '',
        y_needed: String(system.neededBytes),
        y_pool: system.pool,
        y_environment: system.bootEnvironment,
        y_compression_property: system.compressionProperty ?? '',
        y_old: system.oldEnvironment,
        y_nodename: system.nodename,
        y_timezone: system.timezone,
        y_root_password: system.rootPassword,
        y_touch: system.touch.join(' '),
        y_sysidcfg: (system.sysidcfg ?? '').trimEnd(),
      }),
    ),
    '}',
    '',
    'zf_system_files() {',
    ...(files.length > 0 ? files : ['  return 0']),
    '}',
    '',
  ]
}

/** Only the first line of each: the others belong to a quoted value. */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

/** @returns a comment that no value can leave: names and times only, without line ends */
function comment(text: string): string {
  return `# ${text.replaceAll(/[^\x20-\x7e]/g, '?')}`
}
