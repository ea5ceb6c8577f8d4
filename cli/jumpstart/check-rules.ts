// `zoneflash rules check`: what JumpStart's own check says, without a server.
import { checkDirectory } from '#core/jumpstart/check-directory.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { hasErrors } from '#core/problem.ts'
import { show } from '../command.ts'
import { refused } from '../failures.ts'
import { print, printLine } from '../output.ts'
import { noteUnread, readLocalDirectory } from './local-directory.ts'

interface Options {
  json?: boolean
  dir?: string
}

/** Each problem on a line of its own, warnings too. @throws CliFailure RulesInvalid */
export async function checkRules(file: string | undefined, { json, dir }: Options): Promise<void> {
  const directory = await readLocalDirectory(file, dir)
  const { name, rules, files } = directory
  const { problems } = checkDirectory(rules, files, name)
  const isOk = !hasErrors(problems)
  await show(json, { ok: isOk, problems }, async () => {
    await print(problems.map((problem) => `${renderJumpStartProblem(problem)}\n`).join(''))
    if (isOk) await printLine('The custom JumpStart configuration is ok')
  })
  noteUnread(directory)
  const wrong = problems.filter(({ severity }) => severity === 'error').length
  if (wrong > 0)
    throw refused('RulesInvalid', `${name}: ${wrong} ${wrong === 1 ? 'error' : 'errors'}`, {
      advice: 'docs/clients/rules.md explains keywords, columns and files',
    })
}
