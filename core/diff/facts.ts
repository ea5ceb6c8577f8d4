// What a zone is beside its files, gathered from a few of them: a name and some words for each package, service, account, port.
import type { Entry } from '../entry.ts'
import type { FactKind, FactLine } from './line.ts'

export interface Fact {
  /** for people */
  text: string
  /** compared and never shown */
  secret?: string
}

export class Facts {
  readonly #facts = new Map<FactKind, Map<string, Fact>>()
  /** package systems whose databases are there and not read */
  readonly unlisted = new Set<string>()

  of(kind: FactKind): ReadonlyMap<string, Fact> {
    return this.#facts.get(kind) ?? new Map<string, Fact>()
  }

  set(kind: FactKind, name: string, fact: Fact): void {
    const known = this.#facts.get(kind) ?? new Map<string, Fact>()
    this.#facts.set(kind, known.set(name, fact))
  }

  /** Adds words to what is known of it, in the order of the alphabet: archives have theirs. */
  add(kind: FactKind, name: string, text: string): void {
    const before = this.of(kind).get(name)?.text
    const words = new Set([...(before?.split(', ') ?? []), text])
    this.set(kind, name, { text: [...words].toSorted().join(', ') })
  }
}

/** Gathers facts from entries and from the contents of those it `reads`. Paths are those in the zone. */
export interface FactSource {
  entry?: (entry: Entry, facts: Facts) => void
  /** how many bytes of an entry it wants to see */
  reads?: (entry: Entry) => number
  contents?: (path: string, contents: Uint8Array, facts: Facts) => void
}

const kinds: readonly FactKind[] = ['package', 'service', 'user', 'group', 'port', 'setuid']

/** Kind by kind, sorted by name. */
export function* compareFacts(before: Facts, after: Facts): Generator<FactLine> {
  for (const kind of kinds) {
    const [old, current] = [before.of(kind), after.of(kind)]
    for (const name of [...new Set([...old.keys(), ...current.keys()])].toSorted()) {
      const line = compareFact(old.get(name), current.get(name))
      if (line) yield { kind, name, ...line }
    }
  }
}

function compareFact(
  before: Fact | undefined,
  after: Fact | undefined,
): Pick<FactLine, 'change' | 'before' | 'after'> | undefined {
  if (before === undefined) return after && { change: 'added', after: after.text }
  if (after === undefined) return { change: 'removed', before: before.text }
  if (before.text !== after.text) return { change: 'changed', before: before.text, after: after.text }
  if (before.secret === after.secret) return undefined
  return { change: 'changed', before: before.text, after: `${after.text}, another password` }
}
