// The JumpStart directory of one armed host, with its own begin and finish scripts.
import { renderBeginScript } from '#core/jumpstart/documents/begin.ts'
import { jumpStartDocuments, type JumpStartDocument } from '#core/jumpstart/documents/documents.ts'
import { renderFinishScript, type FinishParts } from '#core/jumpstart/documents/finish.ts'
import { ownDirectory, type UsedDirectory } from '#core/jumpstart/documents/host-rules.ts'
import type { Plan } from '#core/plan/schema.ts'

interface Needs {
  /** the text of finish-scripts/ */
  scripts: FinishParts & { begin: string }
}

interface DocumentsFor {
  plan: Plan
  token: string
  /** how the host reaches the server */
  baseUrl: string
}

/** As the host was armed: later revisions of the rules are for the next arming. @throws JumpStartNotPlanned and what the renderers refuse */
export async function readJumpStartDocuments(
  { plan, token, baseUrl }: DocumentsFor,
  { scripts }: Needs,
): Promise<JumpStartDocument[]> {
  return jumpStartDocuments({
    plan,
    directory: await directoryOf(plan),
    begin: renderBeginScript(plan, scripts.begin),
    finish: renderFinishScript(plan, { token, baseUrl }, scripts),
  })
}

async function directoryOf({ jumpstart }: Plan): Promise<UsedDirectory> {
  return ownDirectory(jumpstart?.installProfile)
}
