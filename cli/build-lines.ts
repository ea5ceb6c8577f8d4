// Builds as people read them.
import { SHORT_ID } from '#core/build/build-prefix.ts'
import { renderName, renderTable } from './output.ts'
import type { BuildPlanReply, BuildReply } from './replies/build.ts'

/** `1:02:03`, `4:05`, `0.8 s` */
export function renderSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60]
  const [first = 0, ...rest] = parts[0] === 0 ? parts.slice(1) : parts
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':')
}

export function buildTable(builds: readonly BuildReply[]): string {
  const rows = builds.map((build) => [
    build.id.slice(0, SHORT_ID),
    build.template,
    build.version,
    build.host,
    stateInTable(build),
    build.createdAt,
    tookOf(build),
    build.reason,
  ])
  return renderTable(['BUILD', 'TEMPLATE', 'VERSION', 'HOST', 'STATE', 'ASKED', 'TOOK', 'REASON'], rows)
}

export function buildLines(build: BuildReply): string[] {
  const facts: [string, string | undefined][] = [
    ['build', build.id],
    ['template', `${build.template}@${build.version}`],
    ['state', stateOf(build)],
    ['host', `${build.host}, zone ${build.zone}`],
    ['reason', build.reason],
    ['parent', build.parent],
    ['asked', `${build.createdAt} by ${build.createdBy}`],
    ['took', build.startedAt === undefined ? undefined : tookOf(build)],
    ['zones', zonesLine(build)],
  ]
  const steps = build.steps
    .filter(({ attempts }) => attempts > 0)
    .map((step) => [
      `  ${step.name}`,
      step.state,
      tookOf(step),
      step.attempts > 1 ? `${step.attempts} attempts` : '',
    ])
  return [
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(9)} ${value}`])),
    ...(steps.length > 0 ? renderTable(['  STEP', 'STATE', 'TOOK', ''], steps).trimEnd().split('\n') : []),
    ...failureLines(build),
  ]
}

/** The log has more. */
const OUTPUT_LINES = 10

/** Which step, which command, which output. */
export function failureLines({ failure, id, zoneKept }: BuildReply): string[] {
  if (!failure) return []
  const output = (failure.output ?? '').trimEnd().split('\n').filter(Boolean).slice(-OUTPUT_LINES)
  return [
    `failed in step ${failure.step}: ${renderName(failure.message)} (${failure.code})`,
    ...(failure.command === undefined ? [] : [`  command: ${renderName(failure.command)}`]),
    ...(output.length > 0 ? ['  output:', ...output.map((line) => `    ${renderName(line)}`)] : []),
    ...(zoneKept ? [`  look at its zone, then: zoneflash build discard ${id}`] : []),
  ]
}

export function planLines(plan: BuildPlanReply): string[] {
  const from = plan.origin === undefined ? '' : ` from ${plan.origin}`
  return [
    `${plan.template} would be built on ${plan.host}${from}`,
    ...(plan.skipped === undefined ? [] : [`  ${plan.skipped}`]),
    ...plan.steps.flatMap(({ step, lines }) => [step, ...lines.map((line) => `  ${line}`)]),
  ]
}

function stateInTable(build: BuildReply): string {
  const count = build.state === 'waiting' ? (build.waitingFor?.length ?? 0) : 0
  return count > 0 ? `waiting for ${count === 1 ? '1 build' : `${count} builds`}` : stateOf(build)
}

export function stateOf({ state, waitingFor, cancelRequested, failure }: BuildReply): string {
  if (state === 'waiting' && waitingFor?.[0] !== undefined) return `waiting for ${waitingFor.join(', ')}`
  if (state !== 'running') return state
  if (cancelRequested) return 'being cancelled'
  return failure ? 'failing' : state
}

function zonesLine({ zoneKept, keepZone, needsStop }: BuildReply): string | undefined {
  if (needsStop) return 'may run still: the host was out of reach, they are stopped when it is back'
  if (!zoneKept) return undefined
  return keepZone ? 'kept until discarded' : 'kept until discarded, or the next build succeeds'
}

function tookOf({
  startedAt,
  finishedAt,
}: {
  startedAt?: string | undefined
  finishedAt?: string | undefined
}): string {
  if (startedAt === undefined) return '-'
  const end = finishedAt === undefined ? Date.now() : Date.parse(finishedAt)
  return renderSeconds(Math.max(0, end - Date.parse(startedAt)) / 1000)
}
