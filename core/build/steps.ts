import { z } from 'zod'

/** The steps of a build in their order; each is a job of its own. */
export const BuildStepName = z.enum([
  /** media are found or made, and put on the build host */
  'media',
  /** the zone is configured; the origin's zone is brought to the host */
  'create',
  /** installed from the medium, or cloned from the origin */
  'install',
  /** first boot, with sysidcfg */
  'boot',
  /** until the services are up */
  'wait',
  /** files and customize.sh */
  'customize',
  /** smoke.sh in the zone as it was made */
  'smoke',
  /** the zone is shut down, so that nothing writes any more */
  'halt',
  /** what must not travel is removed, from outside */
  'scrub',
  'detach',
  'package',
  /** the packaged bytes are searched for what must not travel */
  'hygiene',
  /** a fresh zone is made of the packaged bytes, and a clone of it */
  'prove-install',
  'prove-boot',
  'prove-smoke',
  /** ready, and candidate */
  'publish',
])
export type BuildStepName = z.infer<typeof BuildStepName>

export const buildSteps = BuildStepName.options

/**
 * Steps that change one zone belong together: when one of them was cut off, the zone is made anew from the first of its phase.
 */
export type BuildPhase = 'media' | 'golden' | 'package' | 'prove' | 'publish'

export function phaseOf(step: BuildStepName): BuildPhase {
  if (step === 'media' || step === 'publish') return step
  if (step === 'package' || step === 'hygiene') return 'package'
  return step.startsWith('prove') ? 'prove' : 'golden'
}
