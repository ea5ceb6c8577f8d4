import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type {
  BuildFilter,
  BuildLeftover,
  BuildStore,
  LogLine,
  NewBuild,
  StepRunner,
} from '#app/ports/builds.ts'
import type { Clock } from '#app/ports/queue.ts'
import { isOver, type Build, type BuildFailure, type BuildInputs } from '#core/build/build.ts'
import { MAX_LOG_BYTES, MAX_LOG_PIECE } from '#core/build/log-limits.ts'
import { buildSteps, type BuildStepName } from '#core/build/steps.ts'
import { isStorable, toStorable } from '#core/storable-text.ts'
import { isBuildPrefix } from '#core/build/build-prefix.ts'
import { buildAmbiguous, buildExists, buildNotFound } from '#core/store-errors.ts'
import { splitText } from '#core/build/split-text.ts'
import { buildOf, stepOf } from './build-rows.ts'
import { isUuid } from './uuid.ts'
import type { Tables } from './tables.ts'
import { holdVersion } from './version-use.ts'

type Row = Selectable<Tables['build']>
type Step = Selectable<Tables['build_step']>

/** The database's own clock: holds compare on all machines. */
const now = sql<Date>`clock_timestamp()`
const after = (ms: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${ms / 1000})`

/** Builds in PostgreSQL. Every decision is made on the locked row of the build. */
export class PostgresBuildStore implements BuildStore {
  readonly #db: Kysely<Tables>
  readonly #clock: Clock

  constructor(db: Kysely<Tables>, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async create(build: NewBuild): Promise<Build> {
    const id = await this.#db.transaction().execute(async (transaction) => {
      if (build.parent !== undefined) {
        await lock(transaction, `build-child:${build.parent}:${build.template}`)
        const there = await transaction
          .selectFrom('build')
          .select('id')
          .where('parent', '=', build.parent)
          .where('template', '=', build.template)
          .executeTakeFirst()
        if (there) return there.id
      }
      if (build.inputs.origin && !isOver(build.state))
        await holdVersion(transaction, build.inputs.origin, ['ready'])
      await insert(transaction, build)
      return build.id
    })
    return this.get(id)
  }

  async get(id: string): Promise<Build> {
    const [build] = isUuid(id)
      ? await this.#withSteps(await this.#db.selectFrom('build').selectAll().where('id', '=', id).execute())
      : []
    if (!build) throw buildNotFound(id)
    return build
  }

  async find(idOrPrefix: string): Promise<Build> {
    const prefix = idOrPrefix.toLowerCase()
    if (!isBuildPrefix(prefix)) throw buildNotFound(idOrPrefix)
    const found = await this.#db
      .selectFrom('build')
      .select('id')
      .where(sql<string>`id::text`, 'like', `${prefix}%`)
      .limit(2)
      .execute()
    if (!found[0]) throw buildNotFound(idOrPrefix)
    if (found.length > 1) throw buildAmbiguous(idOrPrefix)
    return this.get(found[0].id)
  }

  async list({ template, states, host, parent, limit }: BuildFilter = {}): Promise<Build[]> {
    if (![template, host].every((text) => text === undefined || isStorable(text))) return []
    if (parent !== undefined && !isUuid(parent)) return []
    let query = this.#db.selectFrom('build').selectAll().orderBy('seq', 'desc')
    if (template !== undefined) query = query.where('template', '=', template)
    if (host !== undefined) query = query.where('host', '=', host)
    if (parent !== undefined) query = query.where('parent', '=', parent)
    if (states !== undefined) query = query.where('state', 'in', [...states])
    if (limit !== undefined) query = query.limit(limit)
    return this.#withSteps(await query.execute())
  }

  async start(id: string, atOnce: number): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const { host } = await found(transaction, id)
      // One after the other a host: two builds that start at once would not see each other.
      await lock(transaction, `build-host:${host}`)
      const { state } = await held(transaction, id)
      if (state !== 'waiting') return state === 'running'
      const { running } = await transaction
        .selectFrom('build')
        .select((query) => query.fn.countAll<string>().as('running'))
        .where('host', '=', host)
        .where('state', '=', 'running')
        .executeTakeFirstOrThrow()
      if (Number(running) >= atOnce) return false
      await transaction
        .updateTable('build')
        .set({ state: 'running', started_at: this.#clock.now() })
        .where('id', '=', id)
        .execute()
      return true
    })
  }

  async setInputs(id: string, inputs: BuildInputs): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      if (inputs.origin) await holdVersion(transaction, inputs.origin)
      await transaction
        .updateTable('build')
        .set({ inputs: JSON.stringify(inputs) })
        .where('id', '=', id)
        .execute()
    })
  }

  async takeStep(
    id: string,
    step: BuildStepName,
    runner: string,
    holdMs: number,
  ): ReturnType<BuildStore['takeStep']> {
    return this.#db.transaction().execute(async (transaction) => {
      const build = await held(transaction, id)
      const steps = await stepsOf(transaction, id)
      const wanted = steps.find(({ name }) => name === step)
      if (wanted?.state === 'done') return { outcome: isOver(build.state) ? 'over' : 'done' }
      if (isOver(build.state) || wanted === undefined) return { outcome: 'over' }
      const before = steps.filter(({ position }) => position < wanted.position)
      if (steps.some(({ isHeld }) => isHeld) || before.some(({ state }) => state !== 'done'))
        return { outcome: 'held' }
      const attempt = wanted.attempts + 1
      await transaction
        .updateTable('build_step')
        .set({
          state: 'running',
          attempts: attempt,
          ...(wanted.started_at === null && { started_at: this.#clock.now() }),
          runner,
          held_until: after(holdMs),
        })
        .where('build', '=', id)
        .where('name', '=', step)
        .execute()
      return { outcome: 'taken', attempt, interrupted: wanted.interrupted }
    })
  }

  async renewStep(id: string, step: BuildStepName, runner: string, holdMs: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('build_step')
      .set({ held_until: after(holdMs) })
      .where('build', '=', id)
      .where('name', '=', step)
      .where('runner', '=', runner)
      .where('state', '=', 'running')
      .where('held_until', '>', now)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  async endStep(
    id: string,
    step: BuildStepName,
    runner: string,
    outcome: 'done' | 'again' | 'interrupted',
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('build_step')
      .set({
        state: outcome === 'done' ? 'done' : 'waiting',
        ...(outcome === 'done' && { finished_at: this.#clock.now() }),
        ...(outcome === 'interrupted' && { interrupted: sql<number>`interrupted + 1` }),
        runner: null,
        held_until: null,
      })
      .where('build', '=', id)
      .where('name', '=', step)
      .where('runner', '=', runner)
      .where('state', '=', 'running')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  async setFailure(id: string, failure: BuildFailure, by: StepRunner): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const build = await held(transaction, id)
      if (isOver(build.state) || !(await isHeldBy(transaction, id, by))) return false
      await transaction
        .updateTable('build')
        .set({ failure: toStorable(JSON.stringify(failure)) })
        .where('id', '=', id)
        .execute()
      return true
    })
  }

  async finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled' | 'skipped',
    { failure, reason, zoneKept, needsStop, by }: Parameters<BuildStore['finish']>[2] = {},
  ): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const build = await held(transaction, id)
      if (isOver(build.state) || (by && !(await isHeldBy(transaction, id, by)))) return false
      const at = this.#clock.now()
      await transaction
        .updateTable('build')
        .set({
          state,
          finished_at: at,
          ...(failure && { failure: toStorable(JSON.stringify(failure)) }),
          ...(reason !== undefined && { reason }),
          ...(zoneKept !== undefined && { zone_kept: zoneKept }),
          ...(needsStop !== undefined && { needs_stop: needsStop }),
        })
        .where('id', '=', id)
        .execute()
      await transaction
        .updateTable('build_step')
        .set({ state: 'failed', finished_at: at, runner: null, held_until: null })
        .where('build', '=', id)
        .where('state', '=', 'running')
        .execute()
      return true
    })
  }

  async requestCancel(id: string): ReturnType<BuildStore['requestCancel']> {
    return this.#db.transaction().execute(async (transaction) => {
      const { state } = await held(transaction, id)
      if (isOver(state)) return 'over'
      const publish = (await stepsOf(transaction, id)).find(({ name }) => name === 'publish')
      if (publish && publish.attempts > 0) return 'publishing'
      await transaction
        .updateTable('build')
        .set({
          cancel_requested: true,
          ...(state === 'waiting' && { state: 'cancelled', finished_at: this.#clock.now() }),
        })
        .where('id', '=', id)
        .execute()
      return 'asked'
    })
  }

  async askForStops(everyMs: number): Promise<Build[]> {
    const at = this.#clock.now()
    const rows = await this.#db
      .updateTable('build')
      .set({ stop_asked_at: at })
      .where('needs_stop', '=', true)
      .where('state', 'not in', ['waiting', 'running'])
      .where((query) =>
        query.or([
          query('stop_asked_at', 'is', null),
          query('stop_asked_at', '<=', new Date(at.getTime() - everyMs)),
        ]),
      )
      .returningAll()
      .execute()
    return this.#withSteps(rows)
  }

  async setStopped(id: string): Promise<void> {
    await this.#db.updateTable('build').set({ needs_stop: false }).where('id', '=', id).execute()
  }

  async setZoneKept(id: string, kept: boolean): Promise<void> {
    await this.#db
      .updateTable('build')
      .set({ zone_kept: kept, ...(!kept && { needs_stop: false }) })
      .where('id', '=', id)
      .execute()
  }

  async setKeepZone(id: string, keep: boolean): Promise<void> {
    await this.#db.updateTable('build').set({ keep_zone: keep }).where('id', '=', id).execute()
  }

  async nextFlow(id: string, seen: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('build')
      .set({ flow: seen + 1 })
      .where('id', '=', id)
      .where('flow', '=', seen)
      .where('state', 'in', ['waiting', 'running'])
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  async appendLog(
    id: string,
    step: BuildStepName | undefined,
    text: string,
    { last = false }: { last?: boolean } = {},
  ): Promise<boolean> {
    const pieces = splitText(toStorable(text), MAX_LOG_PIECE)
    const size = Buffer.byteLength(text)
    return this.#db.transaction().execute(async (transaction) => {
      const build = await held(transaction, id)
      if (!last && Number(build.log_bytes) + size > MAX_LOG_BYTES) return false
      if (pieces.length === 0) return true
      const rows = pieces.map((piece, index) => ({
        build: id,
        seq: build.log_seq + index + 1,
        step: step ?? null,
        at: this.#clock.now(),
        text: piece,
      }))
      await transaction.insertInto('build_log').values(rows).execute()
      await transaction
        .updateTable('build')
        .set({ log_seq: build.log_seq + rows.length, log_bytes: Number(build.log_bytes) + size })
        .where('id', '=', id)
        .execute()
      return true
    })
  }

  async log(id: string, afterSeq = 0, limit = 10_000): Promise<LogLine[]> {
    if (!isUuid(id)) throw buildNotFound(id)
    const rows = await this.#db
      .selectFrom('build_log')
      .select(['seq', 'step', 'at', 'text'])
      .where('build', '=', id)
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(({ seq, step, at, text }) => ({
      seq,
      step: step ?? undefined,
      at: at.toISOString(),
      text,
    }))
  }

  async leftovers(): Promise<BuildLeftover[]> {
    const rows = await this.#db
      .selectFrom('build')
      .select([
        'id',
        'template',
        'version',
        'host',
        'zone',
        'zone_kept',
        'keep_zone',
        'finished_at',
        'log_bytes',
      ])
      .select(sql<string>`inputs ->> 'recipe'`.as('recipe'))
      .where('state', 'not in', ['waiting', 'running'])
      .where((query) => query.or([query('log_bytes', '>', '0'), query('zone_kept', '=', true)]))
      .orderBy('seq')
      .execute()
    return rows.map(({ zone_kept: zoneKept, keep_zone: keepZone, finished_at, log_bytes, ...build }) => ({
      ...build,
      zoneKept,
      keepZone,
      finishedAt: (finished_at ?? this.#clock.now()).toISOString(),
      logBytes: Number(log_bytes),
    }))
  }

  async dropLog(id: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      const { state } = await held(transaction, id)
      if (!isOver(state)) return
      await transaction.deleteFrom('build_log').where('build', '=', id).execute()
      await transaction.updateTable('build').set({ log_bytes: 0 }).where('id', '=', id).execute()
    })
  }

  async #withSteps(rows: Row[]): Promise<Build[]> {
    if (rows.length === 0) return []
    const steps = await this.#db
      .selectFrom('build_step')
      .selectAll()
      .where(
        'build',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('position')
      .execute()
    const ofBuild = Map.groupBy(steps, ({ build }) => build)
    return rows.map((row) => buildOf(row, (ofBuild.get(row.id) ?? []).map(stepOf)))
  }
}

async function insert(transaction: Transaction<Tables>, build: NewBuild): Promise<void> {
  const { inserted } = await transaction
    .insertInto('build')
    .values({
      id: build.id,
      template: build.template,
      version: build.version,
      host: build.host,
      zone: build.zone,
      state: build.state,
      inputs: JSON.stringify(build.inputs),
      reason: build.reason,
      force: build.force,
      parent: build.parent ?? null,
      children: build.children,
      created_by: build.createdBy,
      created_at: new Date(build.createdAt),
      ...(isOver(build.state) && { finished_at: new Date(build.createdAt) }),
    })
    .onConflict((conflict) => conflict.columns(['template', 'version']).doNothing())
    .executeTakeFirst()
    .then(({ numInsertedOrUpdatedRows }) => ({ inserted: (numInsertedOrUpdatedRows ?? 0n) > 0n }))
  if (!inserted) throw buildExists(build.template, build.version)
  await transaction
    .insertInto('build_step')
    .values(buildSteps.map((name, position) => ({ build: build.id, position, name })))
    .execute()
}

/** @throws BuildNotFound */
async function found(transaction: Transaction<Tables>, id: string): Promise<Row> {
  const row = isUuid(id)
    ? await transaction.selectFrom('build').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (!row) throw buildNotFound(id)
  return row
}

/** The build's row, ours until the transaction ends. @throws BuildNotFound */
async function held(transaction: Transaction<Tables>, id: string): Promise<Row> {
  await found(transaction, id)
  return transaction
    .selectFrom('build')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

function stepsOf(transaction: Transaction<Tables>, id: string): Promise<(Step & { isHeld: boolean })[]> {
  return transaction
    .selectFrom('build_step')
    .selectAll()
    .select(sql<boolean>`state = 'running' and held_until > clock_timestamp()`.as('isHeld'))
    .where('build', '=', id)
    .orderBy('position')
    .execute()
}

/** Whether the step is done by that runner. The build's row must be ours. */
async function isHeldBy(
  transaction: Transaction<Tables>,
  id: string,
  { step, runner }: StepRunner,
): Promise<boolean> {
  const steps = await stepsOf(transaction, id)
  return steps.some((one) => one.name === step && one.runner === runner && one.state === 'running')
}

async function lock(transaction: Transaction<Tables>, name: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
}
