// The JumpStart directory of one armed host, with its own begin and finish scripts.
import { renderBeginScript } from '#core/jumpstart/documents/begin.ts'
import { jumpStartDocuments, type JumpStartDocument } from '#core/jumpstart/documents/documents.ts'
import { renderFinishScript, type FinishParts } from '#core/jumpstart/documents/finish.ts'
import type { JumpStartDirectory } from '#core/jumpstart/directory.ts'
import { ownDirectory } from '#core/jumpstart/documents/host-rules.ts'
import { placeFlashArchive } from '#core/jumpstart/flash-profile.ts'
import type { Plan } from '#core/plan/schema.ts'
import { readRevision } from './jumpstart/revisions.ts'
import type { JumpStartStore } from './ports/jumpstart.ts'

interface Needs {
  /** the text of finish-scripts/ */
  scripts: FinishParts & { begin: string }
  jumpstart: JumpStartStore
}

interface DocumentsFor {
  plan: Plan
  token: string
  /** how the host reaches the server */
  baseUrl: string
  /** how its installer does, which may speak less of HTTP than the host */
  installerUrl: string
}

/** As the host was armed: later revisions of the rules are for the next arming. @throws JumpStartNotPlanned and what the renderers refuse */
export async function readJumpStartDocuments(
  { plan: made, token, baseUrl, installerUrl }: DocumentsFor,
  { scripts, jumpstart }: Needs,
): Promise<JumpStartDocument[]> {
  const plan = withPlacedArchive(made, { token, baseUrl: installerUrl })
  return jumpStartDocuments({
    plan,
    directory: await directoryOf(plan, jumpstart),
    begin: renderBeginScript(plan, scripts.begin),
    finish: renderFinishScript(plan, { token, baseUrl }, scripts),
  })
}

/** The install profile of a flash archive names the server and the token only now: a plan knows neither for sure. */
function withPlacedArchive(plan: Plan, place: { token: string; baseUrl: string }): Plan {
  const { jumpstart } = plan
  if (jumpstart?.installProfile === undefined) return plan
  const installProfile = placeFlashArchive(jumpstart.installProfile, place)
  return { ...plan, jumpstart: { ...jumpstart, installProfile } }
}

/** A revision stays as it was when the host was armed. */
async function directoryOf({ jumpstart }: Plan, store: JumpStartStore): Promise<JumpStartDirectory> {
  const revision = jumpstart?.revision ?? 0
  return revision === 0 ? ownDirectory(jumpstart?.installProfile) : readRevision(store, revision)
}
