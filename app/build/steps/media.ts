// Media: given by an administrator, or made on this machine by a script of the recipe.
import { createHash } from 'node:crypto'
import type { Build } from '#core/build/build.ts'
import { ProvisionError } from '#core/errors.ts'
import { mediumMissing } from '#core/recipe/errors.ts'
import type { Medium } from '#core/recipe/schema.ts'
import type { StepContext } from '../step.ts'
import type { MadeMedium, StepNeeds } from './needs.ts'

/** What the made media would be made of. */
export async function madeInputs(
  context: StepContext,
  { mediaMaker, minuteMs = 60_000 }: StepNeeds,
): Promise<Build['inputs']['media']> {
  const made = context.recipe.recipe.media.filter(isMade)
  const inputs: Build['inputs']['media'] = []
  for (const medium of made) {
    const list = await mediaMaker.list(context.recipe, medium, makeOptions(context, minuteMs))
    const sha256 = createHash('sha256').update(list).digest('hex')
    inputs.push({ name: medium.name, kind: 'made', sha256 })
  }
  return inputs
}

export async function openMedium(
  context: StepContext,
  name: string,
  { media, mediaMaker, minuteMs = 60_000 }: StepNeeds,
): Promise<AsyncIterable<Uint8Array>> {
  const medium = context.recipe.recipe.media.find((one) => one.name === name)
  if (!medium) throw new Error(`the recipe has no medium ${name}`)
  if (isMade(medium)) return mediaMaker.make(context.recipe, medium, makeOptions(context, minuteMs))
  const source = (await media.open(name)) as AsyncIterable<Uint8Array>
  return checked(source, name, recordedDigest(context, name))
}

export const isMade = (medium: Medium): medium is MadeMedium => medium.make !== undefined

function makeOptions(
  { signal, write, recipe }: StepContext,
  minuteMs: number,
): Parameters<StepNeeds['mediaMaker']['make']>[2] {
  return { signal, timeoutMs: recipe.recipe.minutes.media * minuteMs, onOutput: write }
}

/** @throws MediumMissing, MediumChanged */
export async function assertAsRecorded(
  context: StepContext,
  { name }: Medium,
  { media }: StepNeeds,
): Promise<void> {
  const found = await media.find(name)
  if (!found) throw mediumMissing(name, 'media/')
  const expected = recordedDigest(context, name)
  if (expected !== undefined && expected !== found.sha256) throw mediumChanged(name, found.sha256, expected)
}

function recordedDigest({ build }: StepContext, name: string): string | undefined {
  return build.inputs.media.find((one) => one.name === name && one.kind === 'given')?.sha256
}

/** Fails at the end when it was another file: what has received it then drops it. */
async function* checked(
  source: AsyncIterable<Uint8Array>,
  name: string,
  expected: string | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of source) {
    hash.update(chunk)
    yield chunk
  }
  const got = hash.digest('hex')
  if (expected !== undefined && got !== expected) throw mediumChanged(name, got, expected)
}

function mediumChanged(name: string, got: string, expected: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'MediumChanged',
    `medium ${name} has sha256 ${got}, expected ${expected} as when the build was asked for`,
  )
}
