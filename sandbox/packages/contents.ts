// /var/sadm/install/contents (contents(4)): which path belongs to which packages.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const file = '/var/sadm/install/contents'

export interface ContentsLine {
  path: string
  /** type, class, mode, owner, group … as in the file */
  facts: string
  packages: string[]
}

export function readContents(): ContentsLine[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line): ContentsLine[] => {
      if (line === '' || line.startsWith('#')) return []
      const words = line.split(' ')
      // an upper-case word at the end, perhaps several: the packages
      const first = words.findIndex((word, index) => index > 2 && /^[A-Z][A-Za-z0-9+-]{1,31}$/.test(word))
      const at = first < 0 ? words.length : first
      return [{ path: words[0] ?? '', facts: words.slice(1, at).join(' '), packages: words.slice(at) }]
    })
}

export function writeContents(lines: readonly ContentsLine[]): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const sorted = lines.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  writeFileSync(
    `${file}.new`,
    sorted.map(({ path: name, facts, packages }) => `${[name, facts, ...packages].join(' ')}\n`).join(''),
  )
  renameSync(`${file}.new`, file)
}

/** Adds a path, or a package to one that is there. */
export function addToContents(lines: ContentsLine[], added: ContentsLine): void {
  const there = lines.find((line) => line.path === added.path)
  if (!there) lines.push(added)
  else {
    there.facts = added.facts
    there.packages = [...new Set([...there.packages, ...added.packages])]
  }
}
