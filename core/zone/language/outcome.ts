// What a change to a configuration or resource comes to: the new value, or what zonecfg says instead.
import type { CommandName, Item, Value } from './parse-line.ts'
import { strerror } from './messages.ts'

export interface Refusal {
  /** lines for stderr */
  refusals: readonly string[]
  /** the command whose usage follows */
  usage?: CommandName
}
export type Outcome<T> = { value: T } | Refusal

export function refuse(text: string, usage?: CommandName): Refusal {
  return { refusals: [text], ...(usage && { usage }) }
}

export function noSuchProperty(name: string, usage: CommandName): Refusal {
  return refuse(`${name}: ${strerror.noPropertyType}`, usage)
}

/** The text of a value that must be simple. */
export function simpleText(value: Value | undefined): Outcome<string> {
  return value?.kind === 'simple' ? { value: value.text } : refuse('A simple value was expected here.')
}

/** `property=value …` of select, remove and info; undefined when something else is among them. */
export function selectorOf(items: readonly Item[]): Record<string, string> | undefined {
  const selector: Record<string, string> = {}
  for (const { name, value } of items) {
    if (name === undefined || value?.kind !== 'simple') return undefined
    selector[name] = value.text
  }
  return selector
}

/** Options as getopt(3C) takes them: letters, a colon after one with an argument; undefined for a wrong call. */
export function readOptions(
  items: readonly Item[],
  letters: string,
): { options: Map<string, string>; operands: Item[] } | undefined {
  const options = new Map<string, string>()
  const operands: Item[] = []
  const rest = [...items]
  for (let item = rest.shift(); item; item = rest.shift()) {
    const { name = '', value } = item
    if (value || !/^-./.test(name) || operands.length > 0) {
      operands.push(item)
      continue
    }
    for (let at = 1; at < name.length; at += 1) {
      const letter = name.charAt(at)
      const known = letter === ':' ? -1 : letters.indexOf(letter)
      if (known < 0) return undefined
      if (letters[known + 1] !== ':') {
        options.set(letter, '')
        continue
      }
      const argument = name.slice(at + 1) || plainWord(rest.shift())
      if (argument === undefined) return undefined
      options.set(letter, argument)
      break
    }
  }
  return { options, operands }
}

function plainWord(item: Item | undefined): string | undefined {
  if (item?.name !== undefined) return item.value ? undefined : item.name
  return item?.value.kind === 'simple' ? item.value.text : undefined
}
