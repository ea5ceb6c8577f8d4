import { isDirectory, type FileTree, type TreeFile } from '#core/flar/trees.ts'

/** What an installer finds wrong, and what it hands to `rm -rf`, in the order in which it does. */
interface InstallerRun {
  wrong: string[]
  /** as the shell sees it: words */
  deleted: string[]
}

/**
 * A client's installer with the manifest's text: filters are names and nothing else, the last of a name counts; what is in a directory when
 * it is closed and was not listed since the last one is new; what is deleted is a line for a shell.
 */
export function runInstaller(text: string, client: FileTree, isForced: boolean): InstallerRun {
  const wrong: string[] = []
  const lines: string[] = []
  const filters = new Map<string, string>()
  let listed = new Set<string>()
  let isList = false
  const isExcluded = (path: string) => filters.get(path) === '-'
  for (const line of text.trimEnd().split('\n')) {
    if (!isList) {
      if (line === 'checklist') isList = true
      else filters.set(line.slice(2), line.slice(0, 1))
    } else if (line.startsWith('\\d')) {
      const directory = line.slice(2) === '/' ? '' : line.slice(2)
      for (const name of client.names(line.slice(2))) {
        const path = `${directory}/${name}`
        if (name === 'lost+found' || isExcluded(path) || listed.has(path)) continue
        if (isForced) lines.push(path)
        else wrong.push(`new ${path}`)
      }
      listed = new Set()
    } else {
      const [path = '', ...fields] = line.split('\t')
      listed.add(path)
      if (isExcluded(path) || fields[0] === 'N') continue
      const isOld = fields[0] === 'O'
      const now = client.get(path)
      const isSame = now !== undefined && matches(isOld ? fields.slice(1) : fields, now)
      if (isOld && now && (isSame || isForced)) lines.push(path)
      else if (isOld ? now : !isSame) wrong.push(`${now ? 'changed' : 'missing'} ${path}`)
    }
  }
  return { wrong, deleted: lines.flatMap((path) => `rm -rf /a${path}`.split(/[^!-~]+/).slice(2)) }
}

function matches([mode = '', uid = '', gid = '', ...what]: string[], file: TreeFile): boolean {
  if (number(mode) !== file.mode || number(uid) !== file.uid || number(gid) !== file.gid) return false
  if (what[0] === 'd') return isDirectory(file)
  if (what[0] === 'l') return what[1] === file.link
  return number(what[0] ?? '') === file.mtime && Number(what[1]) === file.size
}

const number = (code: string): number =>
  Buffer.from(code).reduceRight((value, character) => value * 16 + (character % 16), 0)
