// Reads the options of a zoneadm subcommand as getopt(3) does: clustered flags, values attached or apart, `--`.
import { WrongUsage } from './failure.ts'

export interface OptionRules {
  /** letters without a value */
  flags?: string
  /** letters with a value; a repeated one keeps every value */
  values?: string
  usage: string
}

export interface ReadOptions {
  flags: Set<string>
  values: Map<string, string[]>
  operands: string[]
}

/** @throws WrongUsage for a letter that is not in the rules, or a missing value */
export function readOptions(
  args: readonly string[],
  { flags = '', values = '', usage }: OptionRules,
): ReadOptions {
  const result: ReadOptions = { flags: new Set(), values: new Map(), operands: [] }
  const rest = [...args]
  for (let word = rest[0]; word !== undefined && /^-./.test(word); word = rest[0]) {
    rest.shift()
    if (word === '--') break
    for (let index = 1; index < word.length; index++) {
      const letter = word.charAt(index)
      if (flags.includes(letter)) {
        result.flags.add(letter)
      } else if (values.includes(letter)) {
        const value = word.slice(index + 1) || rest.shift()
        if (value === undefined) throw new WrongUsage(usage)
        result.values.set(letter, [...(result.values.get(letter) ?? []), value])
        break
      } else {
        throw new WrongUsage(usage)
      }
    }
  }
  result.operands = rest
  return result
}

/** @throws WrongUsage when operands are left */
export function noOperands(options: ReadOptions, usage: string): ReadOptions {
  if (options.operands.length > 0) throw new WrongUsage(usage)
  return options
}
