// A build's log: all of it, or as it grows.
import { isOver } from '#core/build/build.ts'
import type { BuildStore, LogLine } from '../ports/builds.ts'

/** Pieces of a whole log that are read at once. */
const PAGE = 1000

/** All that is written so far; its size is bounded by core/build/log-limits.ts. */
export async function readLog(id: string, { builds }: { builds: BuildStore }): Promise<string> {
  const texts: string[] = []
  let afterSeq = 0
  for (;;) {
    const page = await builds.log(id, afterSeq, PAGE)
    texts.push(...page.map(({ text }) => text))
    afterSeq = page.at(-1)?.seq ?? afterSeq
    if (page.length < PAGE) return texts.join('')
  }
}

interface Follow {
  id: string
  /** pieces up to this one are known already */
  afterSeq: number
  /** resolves when it is time to look again, to false when nobody listens any more */
  wait: () => Promise<boolean>
}

/** Pieces that are read at once. */
const AT_ONCE = 100

/** What comes after `afterSeq`, then a `pause` for each look that found none, until the build is over. @throws BuildNotFound */
export async function* followBuild(
  { id, afterSeq, wait }: Follow,
  { builds }: { builds: BuildStore },
): AsyncIterable<{ line: LogLine } | { pause: true }> {
  let seen = afterSeq
  for (;;) {
    const { state } = await builds.get(id) // before the log: what it ended with is in it
    let found = await builds.log(id, seen, AT_ONCE)
    const isIdle = found.length === 0
    while (found.length > 0) {
      for (const line of found) yield { line }
      seen = found.at(-1)?.seq ?? seen
      found = found.length < AT_ONCE ? [] : await builds.log(id, seen, AT_ONCE)
    }
    if (isOver(state)) return
    if (isIdle) yield { pause: true }
    if (!(await wait())) return
  }
}
