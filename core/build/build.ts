import { z } from 'zod'
import { Sha256 } from '../digest.ts'
import { HostName, TemplateName, VersionName, ZoneName } from '../names.ts'
import { BuildStepName } from './steps.ts'

/**
 * A build's life: waiting (for its turn on the host) → running → done, failed, cancelled. `skipped`: its inputs were those of
 * a version that is there.
 */
export const BuildState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled', 'skipped'])
export type BuildState = z.infer<typeof BuildState>

export function isOver(state: BuildState): boolean {
  return state !== 'waiting' && state !== 'running'
}

/** All that decides what a build gives. Equal inputs: nothing to build. */
export const BuildInputs = z.object({
  /** of the recipe's bundle: its folder with what it extends; also the blob that holds it */
  recipe: Sha256,
  origin: z
    .object({ template: TemplateName, version: VersionName, /** of its first artifact */ sha256: Sha256 })
    .optional(),
  /** `sha256` of a given file, or of what a made one's `list` printed */
  media: z.array(z.object({ name: z.string(), kind: z.enum(['given', 'made']), sha256: Sha256 })),
})
export type BuildInputs = z.infer<typeof BuildInputs>

export const BuildFailure = z.object({
  step: BuildStepName,
  code: z.string(),
  message: z.string(),
  /** the command that failed, if it was one */
  command: z.string().optional(),
  /** its last lines */
  output: z.string().optional(),
})
export type BuildFailure = z.infer<typeof BuildFailure>

export const BuildStep = z.object({
  name: BuildStepName,
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  /** how often it was begun */
  attempts: z.int(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
})
export type BuildStep = z.infer<typeof BuildStep>

export const Build = z.object({
  id: z.uuid(),
  template: TemplateName,
  /** the version it makes; recorded as `building` once packaging begins */
  version: VersionName,
  host: HostName,
  /** the golden zone on the build host: `<template>-<first 8 of the id>`; the proof's are this with `-proof` and `-clone` */
  zone: ZoneName,
  state: BuildState,
  inputs: BuildInputs,
  /** why it was asked for or skipped, for people */
  reason: z.string(),
  /** builds even what would give the same again */
  force: z.boolean(),
  /** the build whose new version made this one necessary */
  parent: z.uuid().optional(),
  /** builds with this false do not ask for their children's rebuild */
  children: z.boolean(),
  cancelRequested: z.boolean(),
  /** whether the zones of a failed build still wait on the host for somebody to look */
  zoneKept: z.boolean(),
  /** somebody asked to keep them; else the template's next build that succeeds removes them */
  keepZone: z.boolean(),
  /** it is over, but its host was out of reach then: what it began there may run still, and is stopped later */
  needsStop: z.boolean(),
  /** which flow of the queue does it: a queue that forgot one gets the next */
  flow: z.int(),
  /** recorded before what it began is stopped and it is `failed` */
  failure: BuildFailure.optional(),
  steps: z.array(BuildStep),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
})
export type Build = z.infer<typeof Build>
