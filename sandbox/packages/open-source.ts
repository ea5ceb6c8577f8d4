// What `pkgadd -d` is given: a directory with packages in it, or a datastream.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import type { SourcePackage } from './package.ts'

const MAGIC = '# PaCkAgE DaTaStReAm'
const BLOCK = 512
const HEADER = 76

/** @throws Error in the words of pkgadd */
export function openSource(source: string): SourcePackage[] {
  if (!existsSync(source)) throw new Error(`unable to access device <${source}>`)
  if (statSync(source).isDirectory())
    return readdirSync(source)
      .toSorted()
      .filter((name) => existsSync(path.join(source, name, 'pkgmap')))
      .map((name) => ({ name, read: (file) => readIfThere(path.join(source, name, file)) }))
  const bytes = readFileSync(source)
  if (!bytes.toString('latin1', 0, MAGIC.length).startsWith(MAGIC))
    throw new Error(`attempt to process datastream failed: bad format in datastream table-of-contents`)
  return readDatastream(bytes)
}

function readIfThere(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined
}

/** A table of contents, then cpio archives in the portable format (`cpio -c`), each from a block's beginning. */
function readDatastream(bytes: Buffer): SourcePackage[] {
  const end = bytes.indexOf('# end of header')
  if (end < 0) throw new Error('bad format in datastream table-of-contents')
  const names = bytes
    .toString('latin1', bytes.indexOf('\n') + 1, end)
    .split('\n')
    .flatMap((line) => line.split(' ')[0] || [])
  const files = new Map<string, Buffer>()
  let at = nextBlock(end + '# end of header'.length)
  while (at < bytes.length && bytes[at] !== 0) at = nextBlock(readCpio(bytes, at, files))
  return names.map((name) => ({ name, read: (file) => files.get(`${name}/${file}`) }))
}

const nextBlock = (at: number): number => Math.ceil(at / BLOCK) * BLOCK

/** Returns where the archive ends. */
function readCpio(bytes: Buffer, from: number, files: Map<string, Buffer>): number {
  for (let at = from; ;) {
    const header = bytes.toString('latin1', at, at + HEADER)
    const fields = /^070707.{12}([0-7]{6}).{24}.{11}([0-7]{6})([0-7]{11})$/s.exec(header)
    if (!fields) throw new Error('attempt to process datastream failed: corrupt cpio archive')
    const [mode, nameSize, size] = fields.slice(1).map((text) => Number.parseInt(text, 8)) as [
      number,
      number,
      number,
    ]
    const name = bytes.toString('utf8', at + HEADER, at + HEADER + nameSize - 1)
    at += HEADER + nameSize
    if (name === 'TRAILER!!!') return at
    if ((mode & 0o170000) === 0o100000) files.set(name.replace(/^\.\//, ''), bytes.subarray(at, at + size))
    at += size
  }
}
