// installf PACKAGE PATH [TYPE MODE OWNER GROUP] in a native zone: a path is made as said and belongs to the package.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { addToContents, readContents, writeContents } from './packages/contents.ts'

function run(args: readonly string[]): number {
  const [name, place, type, mode, owner, group] = args.filter((word) => word !== '-f')
  if (name === undefined || (place === undefined && !args.includes('-f'))) {
    console.error('usage: installf pkginst pathname [ftype [mode owner group]]\n       installf -f pkginst')
    return 1
  }
  if (!existsSync(`/var/sadm/pkg/${name}/pkginfo`)) {
    console.error(`installf: ERROR: no package associated with <${name}>`)
    return 1
  }
  // `-f`: nothing is left to settle, each call is settled at once
  if (place === undefined) return 0
  if (type === 'd') mkdirSync(place, { recursive: true })
  if (mode !== undefined) chmodSync(place, Number.parseInt(mode, 8))
  if (owner !== undefined) execFileSync('chown', [`${owner}:${group ?? 'root'}`, place])
  const contents = readContents()
  const facts = [type ?? 'f', 'none', mode, owner, group].filter((each) => each !== undefined).join(' ')
  addToContents(contents, { path: place, facts, packages: [name] })
  writeContents(contents)
  return 0
}

process.exitCode = run(process.argv.slice(2))
