import type { NewRun, ScheduleStore } from '#app/ports/schedules.ts'
import type { RunOutcome, Schedule, ScheduleRun } from '#core/schedule/schema.ts'
import { scheduleNotFound } from '#core/store-errors.ts'

interface KeptRun extends ScheduleRun {
  heldUntil?: Date
}

/** Schedules in a map, runs in an array. */
export class MemoryScheduleStore implements ScheduleStore {
  readonly #schedules = new Map<string, Schedule>()
  #runs: KeptRun[] = []

  async list(): Promise<Schedule[]> {
    return structuredClone([...this.#schedules.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  }

  async find(name: string): Promise<Schedule | undefined> {
    return structuredClone(this.#schedules.get(name))
  }

  async get(name: string): Promise<Schedule> {
    const schedule = await this.find(name)
    if (!schedule) throw scheduleNotFound(name)
    return schedule
  }

  async set(schedule: Schedule): Promise<void> {
    this.#schedules.set(schedule.name, structuredClone(schedule))
  }

  async remove(name: string): Promise<void> {
    if (!this.#schedules.delete(name)) throw scheduleNotFound(name)
    this.#runs = this.#runs.filter(({ schedule }) => schedule !== name)
  }

  async claim(run: NewRun, cursor: string): Promise<boolean> {
    const schedule = this.#schedules.get(run.schedule)
    if (schedule?.cursor !== cursor) return false
    schedule.cursor = run.slot
    return this.#insert(run)
  }

  async addRun(run: NewRun): Promise<void> {
    let slot = Date.parse(run.slot)
    while (!this.#insert({ ...run, slot: new Date(slot).toISOString() })) slot += 1
  }

  #insert(run: NewRun): boolean {
    if (this.#runs.some((there) => there.schedule === run.schedule && there.slot === run.slot)) return false
    const over = run.state === 'waiting' ? {} : { finishedAt: run.createdAt }
    this.#runs.push({ ...structuredClone(run), outcomes: [], ...over })
    const kept = new Set(this.#newest(run.schedule).slice(0, 1000))
    this.#runs = this.#runs.filter(
      (one) => one.schedule !== run.schedule || one.state === 'waiting' || kept.has(one),
    )
    return true
  }

  #newest(name: string): KeptRun[] {
    return this.#runs
      .filter(({ schedule }) => schedule === name)
      .toSorted((a, b) => Date.parse(b.slot) - Date.parse(a.slot))
  }

  async takeRun(now: Date, heldUntil: Date): Promise<ScheduleRun | undefined> {
    const run = this.#runs
      .filter(({ state, heldUntil: held }) => state === 'waiting' && (!held || held <= now))
      .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt))[0]
    if (!run) return undefined
    run.heldUntil = heldUntil
    return view(run)
  }

  async saveOutcomes(id: string, outcomes: readonly RunOutcome[]): Promise<void> {
    for (const run of this.#runs) if (run.id === id) run.outcomes = structuredClone([...outcomes])
  }

  async finishRun(id: string, at: Date): Promise<void> {
    for (const run of this.#runs)
      if (run.id === id) Object.assign(run, { state: 'done', finishedAt: at.toISOString() })
  }

  async runs(name: string, limit: number): Promise<ScheduleRun[]> {
    return this.#newest(name).slice(0, limit).map(view)
  }
}

function view(kept: KeptRun): ScheduleRun {
  const { heldUntil: _, ...run } = kept
  return structuredClone(run)
}
