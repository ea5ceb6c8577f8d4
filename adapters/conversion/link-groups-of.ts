/** The names that are one file, as an archive's index has them. */
import { encodeShown } from '#core/archive/encode-name.ts'
import type { Entry } from '#core/entry.ts'
import { groupLinks, type LinkGroups } from '#core/packaging/link-groups.ts'

export async function linkGroupsOf(entries: AsyncIterable<Entry>): Promise<LinkGroups> {
  const pairs: [string, string][] = []
  const targets = new Set<string>()
  for await (const { type, path, link } of entries) {
    if (type !== 'hardlink' || link === undefined) continue
    if (!targets.has(link)) pairs.push([link, bytesOf(link)])
    targets.add(link)
    pairs.push([link, bytesOf(path)])
  }
  return groupLinks(pairs, () => false)
}

/** Names are bytes there, one latin1 character each. */
const bytesOf = (path: string): string => encodeShown(path).toString('latin1')
