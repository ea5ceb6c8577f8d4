// pkgrm in a native zone: removes the files of SVR4 packages that belong to no other. A package with files below an inherited,
// read-only directory is removed in part at first and from the records the second time, as in a sparse zone of Solaris 10.
import { existsSync, lstatSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { readContents, writeContents } from './packages/contents.ts'

function run(args: readonly string[]): number {
  const names = args.filter((word, index) => !word.startsWith('-') && args[index - 1] !== '-a')
  if (names.length === 0) {
    console.error('usage: pkgrm [-n] [-a admin] pkginst ...')
    return 1
  }
  let status = 0
  for (const name of names) {
    if (!existsSync(`/var/sadm/pkg/${name}/pkginfo`)) {
      console.error(`pkgrm: ERROR: no package associated with <${name}>`)
      status = 1
    } else if (!remove(name)) status = 2
  }
  return status
}

/** False when the package is left partly removed. */
function remove(name: string): boolean {
  const record = `/var/sadm/pkg/${name}`
  const wasPartial = existsSync(`${record}/!R-Lock!`)
  console.log(`## Removing pathnames in class <none>`)
  const contents = readContents()
  const stuck: string[] = []
  // deepest first, so that directories are empty when it is their turn
  for (const line of contents.toReversed()) {
    if (!line.packages.includes(name)) continue
    if (line.packages.length === 1 && !unlink(line.path.split('=')[0] ?? '')) stuck.push(line.path)
    if (stuck.length === 0 || wasPartial) line.packages = line.packages.filter((each) => each !== name)
  }
  const isLeft = stuck.length > 0 && !wasPartial
  writeContents(contents.filter(({ packages }) => packages.length > 0))
  if (isLeft) {
    writeFileSync(`${record}/!R-Lock!`, '')
    for (const place of stuck) console.error(`ERROR: unable to remove <${place}>: Read-only file system`)
    console.error(`Removal of <${name}> partially failed.`)
    return false
  }
  rmSync(record, { recursive: true, force: true })
  console.log(`\nRemoval of <${name}> was successful.`)
  return true
}

/** True when the path is gone, or is a directory that others still use. */
function unlink(place: string): boolean {
  const found = lstatSync(place, { throwIfNoEntry: false })
  if (!found) return !isInherited(place)
  try {
    if (found.isDirectory()) rmdirSync(place)
    else rmSync(place)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTEMPTY'
  }
}

/** /usr is the host's here; what Solaris would have below it is not seen, and could not be removed. */
const isInherited = (place: string): boolean => /^\/(lib|platform|sbin|usr)(\/|$)/.test(place)

process.exitCode = run(process.argv.slice(2))
