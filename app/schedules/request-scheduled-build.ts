import { ProvisionError } from '#core/errors.ts'
import type { RequestNeeds } from '../build/needs.ts'
import { requestBuild } from '../build/request-build.ts'
import type { RequestBuild } from './tick-schedules.ts'

/** Asks for the build of a run, unless it is there already: whoever asked first may have died before it said so. */
export function requestScheduledBuild(needs: RequestNeeds): RequestBuild {
  return async ({ template, ...wanted }) => {
    const there = await needs.builds.get(wanted.id).catch((error: unknown) => {
      if (error instanceof ProvisionError && error.code === 'BuildNotFound') return undefined
      throw error
    })
    return there ?? requestBuild({ ...wanted, name: template, children: true }, needs)
  }
}
