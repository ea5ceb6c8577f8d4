import type {
  BuildFilter,
  BuildLeftover,
  BuildStore,
  LogLine,
  NewBuild,
  StepRunner,
} from '#app/ports/builds.ts'
import type { Clock } from '#app/ports/queue.ts'
import { isOver, type Build, type BuildFailure, type BuildInputs, type BuildStep } from '#core/build/build.ts'
import { MAX_LOG_BYTES, MAX_LOG_PIECE } from '#core/build/log-limits.ts'
import { splitText } from '#core/build/split-text.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { toStorable } from '#core/storable-text.ts'
import { isBuildPrefix } from '#core/build/build-prefix.ts'
import { buildAmbiguous, buildExists, buildNotFound } from '#core/store-errors.ts'
import { systemClock } from './fake-clock.ts'

interface Held {
  runner: string
  until: number
}

interface MemoryBuild {
  build: Build
  holds: Map<BuildStepName, Held>
  interrupted: Map<BuildStepName, number>
  stopAskedAt?: number
  log: LogLine[]
  logBytes: number
}

/** Builds in an array, newest last. */
export class MemoryBuildStore implements BuildStore {
  readonly #builds: MemoryBuild[] = []
  readonly #clock: Clock

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async create(wanted: NewBuild): Promise<Build> {
    const twin = this.#builds.find(
      ({ build: { parent, template } }) =>
        parent !== undefined && parent === wanted.parent && template === wanted.template,
    )
    if (twin) return structuredClone(twin.build)
    if (
      this.#builds.some(({ build }) => build.template === wanted.template && build.version === wanted.version)
    )
      throw buildExists(wanted.template, wanted.version)
    const build: Build = {
      ...structuredClone(wanted),
      cancelRequested: false,
      zoneKept: false,
      keepZone: false,
      needsStop: false,
      flow: 1,
      steps: buildSteps.map((name) => ({ name, state: 'waiting', attempts: 0 })),
      ...(isOver(wanted.state) && { finishedAt: wanted.createdAt }),
    }
    this.#builds.push({ build, holds: new Map(), interrupted: new Map(), log: [], logBytes: 0 })
    return structuredClone(build)
  }

  async get(id: string): Promise<Build> {
    return structuredClone(this.#find(id).build)
  }

  async find(idOrPrefix: string): Promise<Build> {
    const prefix = idOrPrefix.toLowerCase()
    const found = isBuildPrefix(prefix) ? this.#builds.filter(({ build }) => build.id.startsWith(prefix)) : []
    if (!found[0]) throw buildNotFound(idOrPrefix)
    if (found.length > 1) throw buildAmbiguous(idOrPrefix)
    return structuredClone(found[0].build)
  }

  async list({ template, states, host, parent, limit = Infinity }: BuildFilter = {}): Promise<Build[]> {
    return this.#builds
      .map(({ build }) => structuredClone(build))
      .filter((build) => template === undefined || build.template === template)
      .filter((build) => host === undefined || build.host === host)
      .filter((build) => parent === undefined || build.parent === parent)
      .filter((build) => states?.includes(build.state) ?? true)
      .toReversed()
      .slice(0, limit)
  }

  async start(id: string, atOnce: number): Promise<boolean> {
    const { build } = this.#find(id)
    if (build.state !== 'waiting') return build.state === 'running'
    const running = this.#builds.filter(
      ({ build: other }) => other.host === build.host && other.state === 'running',
    )
    if (running.length >= atOnce) return false
    build.state = 'running'
    build.startedAt = this.#now()
    return true
  }

  async setInputs(id: string, inputs: BuildInputs): Promise<void> {
    this.#find(id).build.inputs = structuredClone(inputs)
  }

  async takeStep(
    id: string,
    step: BuildStepName,
    runner: string,
    holdMs: number,
  ): ReturnType<BuildStore['takeStep']> {
    const { build, holds, interrupted } = this.#find(id)
    const wanted = this.#step(id, step)
    if (wanted.state === 'done') return { outcome: isOver(build.state) ? 'over' : 'done' }
    if (isOver(build.state)) return { outcome: 'over' }
    const before = build.steps.slice(0, build.steps.indexOf(wanted))
    const isHeld = [...holds.values()].some(({ until }) => until > performance.now())
    if (isHeld || before.some(({ state }) => state !== 'done')) return { outcome: 'held' }
    wanted.state = 'running'
    wanted.attempts += 1
    wanted.startedAt ??= this.#now()
    holds.set(step, { runner, until: performance.now() + holdMs })
    return { outcome: 'taken', attempt: wanted.attempts, interrupted: interrupted.get(step) ?? 0 }
  }

  async renewStep(id: string, step: BuildStepName, runner: string, holdMs: number): Promise<boolean> {
    const hold = this.#find(id).holds.get(step)
    if (hold?.runner !== runner || hold.until <= performance.now()) return false
    hold.until = performance.now() + holdMs
    return true
  }

  async endStep(
    id: string,
    step: BuildStepName,
    runner: string,
    outcome: 'done' | 'again' | 'interrupted',
  ): Promise<boolean> {
    const { holds, interrupted } = this.#find(id)
    const ended = this.#step(id, step)
    if (ended.state !== 'running' || holds.get(step)?.runner !== runner) return false
    holds.delete(step)
    if (outcome === 'interrupted') interrupted.set(step, (interrupted.get(step) ?? 0) + 1)
    ended.state = outcome === 'done' ? 'done' : 'waiting'
    if (outcome === 'done') ended.finishedAt = this.#now()
    return true
  }

  async setFailure(id: string, failure: BuildFailure, by: StepRunner): Promise<boolean> {
    const { build } = this.#find(id)
    if (isOver(build.state) || !this.#isHeldBy(id, by)) return false
    build.failure = structuredClone(failure)
    return true
  }

  async finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled' | 'skipped',
    { by, ...facts }: NonNullable<Parameters<BuildStore['finish']>[2]> = {},
  ): Promise<boolean> {
    const { build, holds } = this.#find(id)
    if (isOver(build.state) || (by && !this.#isHeldBy(id, by))) return false
    Object.assign(build, structuredClone(facts), { state, finishedAt: this.#now() })
    for (const step of build.steps)
      if (step.state === 'running') Object.assign(step, { state: 'failed', finishedAt: this.#now() })
    holds.clear()
    return true
  }

  async requestCancel(id: string): ReturnType<BuildStore['requestCancel']> {
    const { build } = this.#find(id)
    if (isOver(build.state)) return 'over'
    if (this.#step(id, 'publish').attempts > 0) return 'publishing'
    build.cancelRequested = true
    if (build.state === 'waiting') Object.assign(build, { state: 'cancelled', finishedAt: this.#now() })
    return 'asked'
  }

  async askForStops(everyMs: number): Promise<Build[]> {
    const now = this.#clock.now().getTime()
    const due = this.#builds.filter(
      ({ build, stopAskedAt = -Infinity }) =>
        isOver(build.state) && build.needsStop && stopAskedAt <= now - everyMs,
    )
    for (const found of due) found.stopAskedAt = now
    return due.map(({ build }) => structuredClone(build))
  }

  async setStopped(id: string): Promise<void> {
    this.#find(id).build.needsStop = false
  }

  async setZoneKept(id: string, kept: boolean): Promise<void> {
    const { build } = this.#find(id)
    build.zoneKept = kept
    if (!kept) build.needsStop = false
  }

  async setKeepZone(id: string, keep: boolean): Promise<void> {
    this.#find(id).build.keepZone = keep
  }

  async nextFlow(id: string, seen: number): Promise<boolean> {
    const { build } = this.#find(id)
    if (isOver(build.state) || build.flow !== seen) return false
    build.flow = seen + 1
    return true
  }

  async appendLog(
    id: string,
    step: BuildStepName | undefined,
    text: string,
    { last = false }: { last?: boolean } = {},
  ): Promise<boolean> {
    const found = this.#find(id)
    const size = Buffer.byteLength(text)
    if (!last && found.logBytes + size > MAX_LOG_BYTES) return false
    found.logBytes += size
    for (const piece of splitText(toStorable(text), MAX_LOG_PIECE))
      found.log.push({ seq: found.log.length + 1, step, at: this.#now(), text: piece })
    return true
  }

  async log(id: string, afterSeq = 0, limit = 10_000): Promise<LogLine[]> {
    return structuredClone(
      this.#find(id)
        .log.filter(({ seq }) => seq > afterSeq)
        .slice(0, limit),
    )
  }

  async leftovers(): Promise<BuildLeftover[]> {
    return this.#builds
      .filter(({ build, logBytes }) => isOver(build.state) && (logBytes > 0 || build.zoneKept))
      .map(({ build, logBytes }) => {
        const { id, template, version, host, zone, zoneKept, keepZone, finishedAt, inputs } = build
        const left = { id, template, version, host, zone, zoneKept, keepZone, logBytes }
        return { ...left, recipe: inputs.recipe, finishedAt: finishedAt ?? this.#now() }
      })
  }

  async dropLog(id: string): Promise<void> {
    const found = this.#find(id)
    if (!isOver(found.build.state)) return
    found.log = []
    found.logBytes = 0
  }

  #isHeldBy(id: string, { step, runner }: StepRunner): boolean {
    return this.#step(id, step).state === 'running' && this.#find(id).holds.get(step)?.runner === runner
  }

  #now(): string {
    return this.#clock.now().toISOString()
  }

  #find(id: string): MemoryBuild {
    const found = this.#builds.find(({ build }) => build.id === id)
    if (!found) throw buildNotFound(id)
    return found
  }

  #step(id: string, name: BuildStepName): BuildStep {
    const step = this.#find(id).build.steps.find((candidate) => candidate.name === name)
    if (!step) throw new Error(`there is no step ${name}`)
    return step
  }
}
