import type { Build } from '#core/build/build.ts'
import type { BuildStepName } from '#core/build/steps.ts'
import type { JobQueue } from '../ports/queue.ts'

/** The queue's name for a step: another in each flow of the build. */
export function stepJobId({ id, flow }: Pick<Build, 'id' | 'flow'>, step: BuildStepName): string {
  return `build_${id}_${flow}_${step}`
}

/** The step that is to be done next; undefined when all are done. */
export function nextStep({ steps }: Pick<Build, 'steps'>): BuildStepName | undefined {
  return steps.find(({ state }) => state !== 'done')?.name
}

/** Gives the queue a chain of jobs, from the first step that is not done. All done: the last comes again, to end the build. */
export async function enqueueBuild(build: Build, queue: JobQueue): Promise<void> {
  const first = nextStep(build) ?? 'publish'
  const rest = build.steps.slice(build.steps.findIndex(({ name }) => name === first))
  await queue.addChain(
    'build',
    rest.map(({ name }) => ({ id: stepJobId(build, name), data: { build: build.id, step: name } })),
  )
}
