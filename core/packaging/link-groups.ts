// Which names of a tree are one file. Names are bytes, one latin1 character each.

/** From a name to all names of its file, in the order of the listing. */
export type LinkGroups = ReadonlyMap<string, readonly string[]>

/**
 * Reads pairs of inode number and path (`./a/b`). Names for which `isLeftOut` holds do not count; files left with one name are none.
 */
export function groupLinks(
  pairs: Iterable<readonly [inode: string, path: string]>,
  isLeftOut: (path: string) => boolean,
): LinkGroups {
  const byInode = new Map<string, string[]>()
  for (const [inode, listed] of pairs) {
    const path = listed.replace(/^\.\//, '')
    if (isLeftOut(path)) continue
    const names = byInode.get(inode)
    if (names) names.push(path)
    else byInode.set(inode, [path])
  }
  const groups = new Map<string, readonly string[]>()
  for (const names of byInode.values()) {
    if (names.length < 2) continue
    names.sort()
    for (const name of names) groups.set(name, names)
  }
  return groups
}

/** `find -printf '%i %p\0'`, or the lines of `ls -id`. @throws SyntaxError for a name that such a line cannot hold */
export function parseInodes(text: string, separator: '\0' | '\n'): [inode: string, path: string][] {
  return text
    .split(separator)
    .filter((record) => record !== '')
    .map((record) => {
      const [, inode, path] = /^ *([0-9]+) (\.\/.*)$/s.exec(record) ?? []
      if (inode === undefined || path === undefined)
        throw new SyntaxError(`expected an inode number and a path, got ${JSON.stringify(record)}`)
      return [inode, path]
    })
}
