// Flash archives for tests: a preamble by hand, and a payload by real programs.
import { shell } from '#test/archives.ts'

/** What stands in an identification unless a test says otherwise. */
export const minimalKeys: Readonly<Record<string, string>> = {
  files_archived_method: 'cpio',
  files_compressed_method: 'none',
  content_name: 'web',
  content_architectures: 'i86pc',
  creation_date: '20260301120000',
  creation_master: 'golden1',
  type: 'FULL',
}

interface Flar {
  cookie?: string
  /** beside the minimal ones; undefined takes one away */
  keys?: Readonly<Record<string, string | undefined>>
  /** behind the identification, by name */
  sections?: readonly (readonly [name: string, content: string])[]
}

export function flarOf(
  payload: Uint8Array,
  { cookie = 'FlAsH-aRcHiVe-2.0', keys = {}, sections = [] }: Flar = {},
): Buffer {
  const lines = Object.entries({ ...minimalKeys, ...keys }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}\n`],
  )
  const text = [
    `${cookie}\n`,
    ...['identification'].map((name) => section(name, lines.join(''))),
    ...sections.map(([name, content]) => section(name, content)),
    'section_begin=archive\n',
  ]
  return Buffer.concat([Buffer.from(text.join('')), payload])
}

const section = (name: string, content: string): string =>
  `section_begin=${name}\n${content}section_end=${name}\n`

/** A directory as GNU cpio packs it, newc. */
export const cpioOf = (directory: string): Buffer =>
  shell(directory, 'find . ! -name . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:3')

/** The same as tar. */
export const paxOf = (directory: string): Buffer =>
  shell(directory, 'tar --sort=name --numeric-owner --owner=0 --group=3 -cf - ./*')

/** What stands in front of the payload, and the payload. */
export function splitFlar(flar: Buffer): { preamble: string; payload: Buffer } {
  const mark = 'section_begin=archive\n'
  const end = flar.indexOf(mark) + mark.length
  return { preamble: flar.subarray(0, end).toString(), payload: flar.subarray(end) }
}
