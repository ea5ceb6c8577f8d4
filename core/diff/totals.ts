// Counts what a comparison tells.
import type { Counts, FactKind, FactLine, FileLine, TotalLine } from './line.ts'

const none = (): Counts => ({ added: 0, removed: 0, changed: 0 })

export class Totals {
  readonly #files = none()
  #times = 0
  readonly #facts: Partial<Record<FactKind, Counts>> = {}

  count(line: FactLine): FactLine {
    const counts = (this.#facts[line.kind] ??= none())
    counts[line.change] += 1
    return line
  }

  countFile({ change }: FileLine, isTimeAlone: boolean): void {
    if (isTimeAlone) this.#times += 1
    else this.#files[change] += 1
  }

  line(): TotalLine {
    return { kind: 'total', files: this.#files, times: this.#times, facts: this.#facts }
  }
}
