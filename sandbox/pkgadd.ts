// pkgadd in a native zone: installs SVR4 packages for real, from a directory or a datastream: files, links, owners, pkginfo,
// /var/sadm/install/contents, preinstall and postinstall.  pkgadd [-n] [-a admin] [-r response] -d DEVICE [PACKAGE ... | all]
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  linkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { addToContents, readContents, writeContents } from './packages/contents.ts'
import { openSource } from './packages/open-source.ts'
import { readInfo, readMap, type MapEntry, type SourcePackage } from './packages/package.ts'

function run(args: readonly string[]): number {
  const names: string[] = []
  let device: string | undefined
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    if (word === '-d') device = args[++at]
    else if (['-a', '-r'].includes(word)) at += 1
    else if (!word.startsWith('-')) names.push(word)
  }
  if (device === undefined) {
    console.error('usage: pkgadd [-n] [-a admin] [-r response] -d device [pkginst ...]')
    return 1
  }
  try {
    const found = openSource(device)
    const wanted = names.length === 0 || names.includes('all') ? found.map(({ name }) => name) : names
    for (const name of wanted) {
      const pkg = found.find((each) => each.name === name)
      if (!pkg) throw new Error(`no package associated with <${name}>`)
      install(pkg)
      console.log(`\nInstallation of <${name}> was successful.`)
    }
    return 0
  } catch (error) {
    console.error(`pkgadd: ERROR: ${(error as Error).message}`)
    return 1
  }
}

function install(pkg: SourcePackage): void {
  const info = readInfo(pkg)
  const base = info.get('BASEDIR') ?? '/'
  console.log(
    `\nProcessing package instance <${pkg.name}>\n\n${info.get('NAME') ?? pkg.name}(${info.get('ARCH') ?? ''}) ${info.get('VERSION') ?? ''}`,
  )
  runScript(pkg, 'preinstall', base)
  const contents = readContents()
  for (const entry of readMap(pkg)) {
    const place = entry.path.startsWith('/') ? entry.path : path.posix.join(base, entry.path)
    put(pkg, entry, place)
    const name = entry.target === undefined ? place : `${place}=${entry.target}`
    const facts = [entry.type, 'none', entry.rest].join(' ').trim()
    addToContents(contents, { path: name, facts, packages: [pkg.name] })
  }
  const record = `/var/sadm/pkg/${pkg.name}`
  mkdirSync(record, { recursive: true })
  writeFileSync(path.join(record, 'pkginfo'), pkg.read('pkginfo') ?? `PKG=${pkg.name}\n`)
  writeContents(contents)
  runScript(pkg, 'postinstall', base)
}

function put(
  pkg: SourcePackage,
  { type, path: name, target, mode, owner, group }: MapEntry,
  place: string,
): void {
  // a directory may be there as a link to one: that is how a read-only place is led elsewhere
  if (type === 'd' || type === 'x') {
    if (!existsSync(place)) mkdirSync(place, { recursive: true })
    if (!statSync(place).isDirectory()) throw new Error(`${place} is not a directory`)
  } else {
    mkdirSync(path.dirname(place), { recursive: true })
    rmSync(place, { force: true })
    if (type === 's') return symlinkSync(target ?? '', place)
    if (type === 'l') return linkSync(path.resolve(path.dirname(place), target ?? ''), place)
    const bytes = pkg.read(name.startsWith('/') ? `root${name}` : `reloc/${name}`)
    if (!bytes) throw new Error(`source path of ${name} is missing`)
    writeFileSync(place, bytes)
  }
  if (mode !== undefined) chmodSync(place, mode)
  execFileSync('chown', [`${owner}:${group}`, place])
}

function runScript(pkg: SourcePackage, name: string, base: string): void {
  const script = pkg.read(`install/${name}`)
  if (!script) return
  console.log(`## Executing ${name} script.`)
  const env = { ...process.env, BASEDIR: base, PKGINST: pkg.name, PKG_INSTALL_ROOT: '' }
  execFileSync('/bin/sh', ['-s'], { input: script, env, stdio: ['pipe', 'inherit', 'inherit'] })
}

process.exitCode = run(process.argv.slice(2))
