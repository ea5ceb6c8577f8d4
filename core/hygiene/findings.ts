// Searches a version's index, and the contents of the few files whose contents tell, for what must not travel.
import { pathInZone } from '../archive/zone-path.ts'
import type { HygieneFinding } from '../build/hygiene.ts'
import type { Entry } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'
import type { HygieneContext, HygieneRule } from './rule.ts'
import { hygieneRules } from './rules.ts'
import { isSetuid, rightsOf, SETUID_RULE, setuidMessage, type SetuidFiles } from './setuid.ts'
import { ChosenFiles, type ReadChosen } from '../archive/chosen-files.ts'

/** A home directory may hold any number of small files; so many are looked into. */
export const MAX_READ = 100_000

export interface HygieneSubject {
  layout: ArchiveLayout
  /** the index in archive order; may be read several times */
  entries: () => AsyncIterable<Entry>
  read: ReadChosen
  /** of the origin; undefined when there is none to compare with */
  originSetuid: SetuidFiles | undefined
  context: HygieneContext
}

/** In the order of the archive: first what the index tells, then what the contents tell. */
export async function* findings(subject: HygieneSubject): AsyncGenerator<HygieneFinding> {
  const { layout, context } = subject
  const chosen = new ChosenFiles<HygieneRule>(MAX_READ)
  for await (const raw of subject.entries()) {
    const path = pathInZone(raw.path, layout)
    if (path === undefined) continue
    const entry = { ...raw, path }
    for (const rule of hygieneRules) {
      const message =
        rule.name === SETUID_RULE ? setuidMessage(entry, subject.originSetuid) : rule.entry?.(entry, context)
      if (message !== undefined) yield { rule: rule.name, path, message }
      const bytes = rule.reads?.(entry, context) ?? 0
      if (bytes > 0) chosen.want(raw, bytes, { path, by: rule })
    }
  }
  for (const [rule, path] of chosen.leftOut)
    yield { rule: rule.name, path, message: `not looked into: more than ${MAX_READ} files would have to be` }
  for await (const { contents, readers } of chosen.read(subject.read, subject.entries))
    for (const { path, by } of readers)
      for (const message of by.contents?.(path, contents, context) ?? [])
        yield { rule: by.name, path, message }
}

/** What an origin's index says of its setuid and setgid files. */
export async function setuidFilesOf(
  entries: AsyncIterable<Entry>,
  layout: ArchiveLayout,
): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for await (const entry of entries) {
    const path = isSetuid(entry) ? pathInZone(entry.path, layout) : undefined
    if (path !== undefined) files.set(path, rightsOf(entry))
  }
  return files
}
