// Rows of the tables of builds as core/build/build.ts has them.
import type { Selectable } from 'kysely'
import type { Build, BuildStep } from '#core/build/build.ts'
import type { Tables } from './tables.ts'

export function buildOf(row: Selectable<Tables['build']>, steps: BuildStep[]): Build {
  return {
    id: row.id,
    template: row.template,
    version: row.version,
    host: row.host,
    zone: row.zone,
    state: row.state,
    inputs: row.inputs,
    reason: row.reason,
    force: row.force,
    ...(row.parent !== null && { parent: row.parent }),
    children: row.children,
    cancelRequested: row.cancel_requested,
    zoneKept: row.zone_kept,
    keepZone: row.keep_zone,
    needsStop: row.needs_stop,
    flow: row.flow,
    ...(row.failure !== null && { failure: row.failure }),
    steps,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...(row.started_at !== null && { startedAt: row.started_at.toISOString() }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at.toISOString() }),
  }
}

export function stepOf(row: Selectable<Tables['build_step']>): BuildStep {
  return {
    name: row.name,
    state: row.state,
    attempts: row.attempts,
    ...(row.started_at !== null && { startedAt: row.started_at.toISOString() }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at.toISOString() }),
  }
}
