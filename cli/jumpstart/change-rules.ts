// `zoneflash rules set|put|rm`: one change of the JumpStart directory, one revision.
import path from 'node:path'
import type { JumpStartFile } from '#core/jumpstart/directory.ts'
import { fileNameProblem } from '#core/jumpstart/paths.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { readTextLines } from '#core/jumpstart/text-lines.ts'
import { openClient, show } from '../command.ts'
import { refused } from '../failures.ts'
import { numberOption } from '../option-values.ts'
import { print, printLine, renderName } from '../output.ts'
import { readLocalDirectory, readLocalFile } from './local-directory.ts'
import { ChangedReply } from './replies.ts'

export interface ChangeOptions {
  json?: boolean
  dir?: string
  why?: string
  expect?: string
  force?: boolean
}

type Files = Record<string, JumpStartFile | null>

/** The rules of a file or of stdin, with the files that they name as far as they are beside it. */
export async function setRules(file: string | undefined, options: ChangeOptions): Promise<void> {
  const { name, rules, files } = await readLocalDirectory(file, options.dir)
  const { text, problems } = readTextLines(rules, { file: name, joinsLines: true })
  // what was mended here, the server does not see any more
  for (const problem of problems.filter(({ severity }) => severity === 'warning'))
    process.stderr.write(`${renderName(renderJumpStartProblem(problem))}\n`)
  await change({ rules: text, ...(files && { files }) }, options)
}

/** Files of a directory here, under the names that they have in it. */
export async function putFiles(names: readonly string[], options: ChangeOptions): Promise<void> {
  const files: Files = {}
  for (const name of names) {
    const problem = fileNameProblem(name)
    if (problem !== undefined)
      throw refused('InvalidPath', `the file is ${JSON.stringify(name)}, expected ${problem}`, {
        advice: '--dir DIRECTORY says where the names begin',
      })
    const file = await readLocalFile(path.join(options.dir ?? '.', name))
    if (!file) throw refused('CannotRead', `there is no file ${path.join(options.dir ?? '.', name)}`)
    files[name] = file
  }
  await change({ files }, options)
}

export async function removeFiles(names: readonly string[], options: ChangeOptions): Promise<void> {
  await change({ files: Object.fromEntries(names.map((name) => [name, null])) }, options)
}

async function change(
  what: { rules?: string; files?: Files },
  { json, why, expect, force }: ChangeOptions,
): Promise<void> {
  const changed = await openClient().call(ChangedReply, '/api/v1/jumpstart', {
    method: 'PATCH',
    body: {
      ...what,
      ...(why !== undefined && { why }),
      ...(expect !== undefined && { expected: numberOption('--expect', expect, 0, 999_999_999) }),
      ...(force && { force }),
    },
  })
  await show(json, changed, printChanged)
}

async function printChanged({ revision, unchanged, problems, broken }: ChangedReply): Promise<void> {
  await print(problems.map((problem) => `${renderName(renderJumpStartProblem(problem))}\n`).join(''))
  for (const { host, why } of broken) await printLine(`${host} would not be installed: ${renderName(why)}`)
  await printLine(
    unchanged ? `nothing is different from revision ${revision}` : `revision ${revision} is set`,
  )
}
