// Parses a line of zonecfg input into commands, without knowing what the words mean (zones.md 2.3).
import { tokenizeLine, type Token } from './tokens.ts'

export const commandNames = [
  'add',
  'cancel',
  'clear',
  'commit',
  'create',
  'delete',
  'end',
  'exit',
  'export',
  'help',
  'info',
  'remove',
  'revert',
  'select',
  'set',
  'verify',
] as const
export type CommandName = (typeof commandNames)[number]

/** `(priv=privileged,limit=10,action=none)` */
export type ComplexValue = readonly (readonly [name: string, value: string])[]
export type Value =
  | { kind: 'simple'; text: string }
  | { kind: 'complex'; members: ComplexValue }
  | { kind: 'list'; items: readonly (string | ComplexValue)[] }

/** A word, `name=value`, or a value that stands alone. */
export type Item = { name: string; value?: Value } | { value: Value; name?: undefined }

export interface Command {
  name: CommandName
  items: readonly Item[]
}

/** Where a command could not be read: the offending text, or the end of the line. */
export interface SyntaxFault {
  fault: string
}

export function isCommandName(word: string): word is CommandName {
  return (commandNames as readonly string[]).includes(word)
}

/** The commands of a line in order; a command that cannot be read is a fault, the ones after the next `;` still count. */
export function parseLine(line: string): (Command | SyntaxFault)[] {
  const commands: (Command | SyntaxFault)[] = []
  let rest = tokenizeLine(line)
  while (rest.length > 0) {
    const end = rest.findIndex((token) => token.kind === 'mark' && token.text === ';')
    const own = end < 0 ? rest : rest.slice(0, end)
    rest = end < 0 ? [] : rest.slice(end + 1)
    if (own.length > 0) commands.push(parseCommand(own))
  }
  return commands
}

function parseCommand(tokens: readonly Token[]): Command | SyntaxFault {
  const [first, ...rest] = tokens
  const word = first?.kind === 'word' && !first.quoted ? first.text.replace(/^\?$/, 'help') : undefined
  if (word === undefined || !isCommandName(word)) return { fault: first?.text ?? '' }
  const reader = new ItemReader(rest)
  const items: Item[] = []
  while (!reader.atEnd) {
    const item = reader.item()
    if (!item) return { fault: reader.here }
    items.push(item)
  }
  return { name: word, items }
}

class ItemReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  /** The text where reading stopped. */
  get here(): string {
    return this.#tokens[this.#at]?.text ?? '\\n'
  }

  item(): Item | undefined {
    const name = this.#word()
    if (name === undefined) {
      const value = this.#value()
      return value && { value }
    }
    if (!this.#mark('=')) return { name }
    const value = this.#value()
    return value && { name, value }
  }

  #value(): Value | undefined {
    if (this.#mark('[')) return this.#list()
    if (this.#mark('(')) {
      const members = this.#complex()
      return members && { kind: 'complex', members }
    }
    const text = this.#word()
    return text === undefined ? undefined : { kind: 'simple', text }
  }

  #list(): Value | undefined {
    const items: (string | ComplexValue)[] = []
    if (this.#mark(']')) return { kind: 'list', items }
    do {
      const item = this.#mark('(') ? this.#complex() : this.#word()
      if (item === undefined) return undefined
      items.push(item)
    } while (this.#mark(','))
    return this.#mark(']') ? { kind: 'list', items } : undefined
  }

  #complex(): ComplexValue | undefined {
    const members: [string, string][] = []
    do {
      const name = this.#word()
      if (name === undefined || !this.#mark('=')) return undefined
      const value = this.#word()
      if (value === undefined) return undefined
      members.push([name, value])
    } while (this.#mark(','))
    return this.#mark(')') ? members : undefined
  }

  #word(): string | undefined {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word') return undefined
    this.#at += 1
    return token.text
  }

  #mark(text: string): boolean {
    const token = this.#tokens[this.#at]
    const found = token?.kind === 'mark' && token.text === text
    if (found) this.#at += 1
    return found
  }
}
