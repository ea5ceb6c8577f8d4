// JumpStart's finish script: the plan, what it leaves for the first boot as texts, and the library that carries both out.
import { indented, planVariables, renderInstallScript, variables, wholeScript } from '../../install-script.ts'
import type { ScriptOptions, ScriptParts } from '../../install-script.ts'
import { planParts } from '../../plan/plan-steps.ts'
import type { Plan } from '../../plan/schema.ts'
import { whoBringsSystem } from '../../plan/who-brings-system.ts'

/** Files of finish-scripts/ that stand behind the library in a finish script, in order. */
export const finishFiles = ['stage.sh', 'service.sh', 'answers.sh'] as const

export interface FinishParts extends ScriptParts {
  /** finishFiles */
  stage: string
  finishMain: string
  /** first-boot.sh and first-boot.xml */
  method: string
  manifest: string
}

/** @throws ShellValueInvalid, BaseUrlInvalid */
export function renderFinishScript(
  plan: Plan,
  options: Omit<ScriptOptions, 'phase'>,
  parts: FinishParts,
): string {
  const run = renderInstallScript(plan, { ...options, phase: 'first-boot' }, parts)
  return wholeScript([
    ...planVariables(plan, { ...options, phase: 'install' }),
    ...variables({
      zf_zones_come: plan.zonesCome ?? 'first-boot',
      zf_touch: touched(plan).join(' '),
    }),
    '',
    ...order(plan),
    ...asFunction('zones_script', 'what the first boot runs', run),
    ...asFunction('first_boot_method', 'what starts it', parts.method),
    ...asFunction('service_manifest', 'what tells SMF to', parts.manifest),
    parts.library,
    parts.stage,
    parts.finishMain,
  ])
}

const touched = ({ jumpstart }: Plan): readonly string[] => jumpstart?.touch ?? []

function order(plan: Plan): string[] {
  const lines = whoBringsSystem(plan, 'install') === 'script' ? ['zf_system', 'have_system'] : []
  lines.push(`step stage '' ${touched(plan).length > 0 ? 'leave_answered_service' : 'leave_service'}`)
  if (plan.zonesCome === 'install') lines.push(...stagedOrder(plan))
  return ['# What happens, in this order.', 'zf_plan() {', ...indented(lines), '}', '']
}

function stagedOrder({ templates, zones }: Plan): string[] {
  let chosen: string | undefined
  return planParts(templates, zones).flatMap((part) => {
    if (part.kind === 'release-template') return []
    const lines: string[] = []
    if (part.template.name !== chosen) lines.push(`zf_template_${templates.indexOf(part.template) + 1}`)
    chosen = part.template.name
    if (part.kind === 'have-zone') lines.push(`zf_zone_${zones.indexOf(part.zone) + 1}`, 'stage_zone')
    else lines.push('stage_template')
    return lines
  })
}

/** A function that prints the text: between the marks of a quoted here-document the shell reads nothing. */
function asFunction(name: string, what: string, text: string): string[] {
  const lines = text.trimEnd().split('\n')
  const mark = markFor(lines)
  return [`${name}() { # ${what}`, `  cat <<'${mark}'`, ...lines, mark, '}', '']
}

/** A line that the text does not have. */
function markFor(lines: readonly string[]): string {
  const taken = new Set(lines)
  let mark = 'END_OF_FILE'
  while (taken.has(mark)) mark += '_'
  return mark
}
