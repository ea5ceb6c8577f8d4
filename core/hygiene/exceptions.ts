// What a recipe lets pass, with its reason.
import type { HygieneFinding } from '../build/hygiene.ts'
import type { HygieneException } from '../recipe/schema.ts'
import { hygieneRules } from './rules.ts'

export class Exceptions {
  readonly #exceptions: readonly { rule: string; path: string; isDirectory: boolean }[]
  readonly #used = new Set<number>()

  constructor(exceptions: readonly HygieneException[]) {
    this.#exceptions = exceptions.map(({ rule, path }) => ({
      rule,
      path: path.replace(/^\/+/, ''),
      isDirectory: path.endsWith('/'),
    }))
  }

  /** Whether one of them is for this finding; it then counts as used. */
  cover({ rule, path }: HygieneFinding): boolean {
    let isCovered = false
    for (const [index, one] of this.#exceptions.entries()) {
      if (one.rule !== rule || !(one.isDirectory ? path.startsWith(one.path) : path === one.path)) continue
      this.#used.add(index)
      isCovered = true
    }
    return isCovered
  }

  /** A sentence for each that covered nothing: what it was for is gone, or it never matched. */
  unused(): string[] {
    return this.#exceptions.flatMap(({ rule, path }, index) => {
      if (this.#used.has(index)) return []
      const isKnown = hygieneRules.some(({ name }) => name === rule)
      const why = isKnown ? 'matches no finding' : `names a rule that there is not; there are: ${ruleNames()}`
      return [`the exception for ${path || '/'} (${rule}) ${why}`]
    })
  }
}

function ruleNames(): string {
  return hygieneRules.map(({ name }) => name).join(', ')
}
