// `zoneflash flar`: flash archives in files, without a server and without Solaris.
import type { Command } from 'commander'
import { addNoun } from '../command.ts'
import { registerFlarCombine } from '../flar/combine.ts'
import { registerFlarCompare } from '../flar/compare.ts'
import { registerFlarCreate } from '../flar/create.ts'
import { registerFlarExtract } from '../flar/extract.ts'
import { registerFlarInfo } from '../flar/info.ts'
import { registerFlarSplit } from '../flar/split.ts'

export function registerFlar(program: Command): void {
  const noun = addNoun(
    program,
    'flar',
    'read, split, combine, make and unpack flash archives; needs no server',
  )
  noun.addHelpText(
    'after',
    '\nThe flags are those of flar(1M) and flarcreate(1M) where they mean the same. docs/flar.md says more.\n',
  )
  registerFlarInfo(noun)
  registerFlarSplit(noun)
  registerFlarCombine(noun)
  registerFlarCreate(noun)
  registerFlarExtract(noun)
  registerFlarCompare(noun)
}
