import { byServer, sendTo, type Action } from '../action.ts'
import type { BuildPlan } from '../plan.ts'
import { putFile } from './tools.ts'

export function mediaActions(plan: BuildPlan): Action[] {
  const { media, minutes } = plan.recipe
  return media.flatMap(({ name, make }) => [
    byServer(make === undefined ? `take ${name} from the media shelf` : `make ${name} here with ${make}`),
    sendTo(putFile(plan, `medium-${name}`), { of: 'medium', name }, minutes.media),
  ])
}

/** Where a medium is on the build host. */
export function mediumPath(plan: Pick<BuildPlan, 'directory'>, name: string): string {
  return `${plan.directory}/medium-${name}`
}
