// Makes archives for tests, with real programs and by hand.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A directory that `fill` populated, while `use` runs. */
export function withTree<T>(fill: string, use: (directory: string) => T): T {
  const directory = mkdtempSync(path.join(tmpdir(), 'tree-'))
  try {
    execFileSync('sh', ['-ec', fill], { cwd: directory })
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Output of a shell command line in a directory. */
export function shell(directory: string, command: string, input?: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], {
    cwd: directory,
    ...(input && { input }),
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`${command}: ${String(stderr)}`)
  return stdout
}

export interface CraftedEntry {
  name: string
  /** default '0', a file */
  typeflag?: string
  linkname?: string
  content?: string | Uint8Array
  /** default: of the content */
  size?: number
  mode?: number
  device?: [major: number, minor: number]
}

/** A tar with exactly these entries, however hostile, and the two blocks that end it. */
export function craftTar(entries: readonly CraftedEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(craftEntry), Buffer.alloc(1024)])
}

function craftEntry({
  name,
  typeflag = '0',
  linkname = '',
  content = '',
  size,
  mode = 0o644,
  device,
}: CraftedEntry): Buffer[] {
  const data = Buffer.from(content as string)
  const header = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  header.write(name, 0, 100)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size ?? data.length, 124, 12)
  octal(1_700_000_000, 136, 12)
  header.write(typeflag, 156)
  header.write(linkname, 157, 100)
  header.write('ustar\u000000', 257, 'latin1')
  octal(device?.[0] ?? 0, 329, 8)
  octal(device?.[1] ?? 0, 337, 8)
  header.fill(' ', 148, 156)
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
}

/** A pax record with its own length in front. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length + 1
  while (String(length).length + Buffer.byteLength(rest) !== length) length++
  return `${length}${rest}`
}

/** A small zone's root: enough to be recognised. */
export const zoneTree = `
  mkdir -p etc usr/bin var/tmp dev
  echo zone > etc/hostname; echo secret > etc/shadow; chmod 600 etc/shadow
  printf '#!/bin/sh\\n' > usr/bin/su; chmod 4755 usr/bin/su
  ln etc/hostname etc/nodename
  ln -s /usr/bin/su etc/absolute; ln -s ../usr/bin usr/relative; ln -s bin/su usr/su
  mkfifo var/pipe; chmod 1777 var/tmp
  : > 'etc/ünï côdé'; n=$(printf 'n%.0s' $(seq 200)); mkdir $n; echo long > $n/$n; ln -s $n/$n link-$n`
