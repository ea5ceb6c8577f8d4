// `zoneflash profile check` of an install profile: what JumpStart's check says of it.
import { checkInstallProfile } from '#core/jumpstart/install-profile/check.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { hasErrors } from '#core/problem.ts'
import { refused } from '../failures.ts'
import { renderName } from '../output.ts'

/** Warnings go to stderr. @throws CliFailure that names every wrong line */
export function checkInstallProfileFile(file: string, source: Uint8Array): void {
  const { problems } = checkInstallProfile(source, file)
  const lines = problems.map(renderJumpStartProblem)
  if (hasErrors(problems))
    throw refused('InvalidProfile', lines.join('\n'), {
      advice: 'docs/clients/rules.md has the keywords of install profiles',
    })
  for (const line of lines) process.stderr.write(`${renderName(line)}\n`)
}
