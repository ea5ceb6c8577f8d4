// A directory for the flash archives of a test file, and the commands that it tries.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { registerFlar } from '#cli/commands/flar.ts'
import { shell } from '#test/archives.ts'
import { runLocal } from './run-local.ts'

export const main = path.join(import.meta.dirname, '../../cli/main.ts')
export const hasCompress = spawnSync('compress', ['-V']).error === undefined
export const isRoot = process.getuid?.() === 0

export let work: string
beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-flar-'))
})
afterAll(() => rm(work, { recursive: true, force: true }))

export const at = (name: string) => path.join(work, name)
export const flar = (...args: string[]) => runLocal(registerFlar, ['flar', ...args])
export const refusal = (code: string, said: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(said) })

export function saved(name: string, bytes: Uint8Array | string): string {
  writeFileSync(at(name), bytes)
  return at(name)
}

/** A small zoneroot with one of everything. */
export function zoneroot(name: string): string {
  const root = at(name)
  rmSync(root, { recursive: true, force: true })
  for (const directory of ['etc', 'usr/bin', 'tmp', 'proc', 'var/run', 'var/tmp'])
    mkdirSync(path.join(root, directory), { recursive: true })
  const file = (relative: string, text: string, mode = 0o644) => {
    const full = path.join(root, relative)
    writeFileSync(full, text)
    chmodSync(full, mode)
    utimesSync(full, 1_700_000_000, 1_700_000_000)
  }
  file('etc/hosts', '127.0.0.1 localhost\n')
  file('etc/shadow', 'root:x\n', 0o400)
  file('usr/bin/su', '#!/bin/sh\n', 0o4755)
  file('usr/bin/größe', '')
  file('tmp/leftover', 'x')
  file('var/run/pid', '1')
  file('var/tmp/a', 'a')
  linkSync(path.join(root, 'etc/hosts'), path.join(root, 'etc/inet-hosts'))
  symlinkSync('./usr/bin', path.join(root, 'bin'))
  lutimesSync(path.join(root, 'bin'), 1_700_000_000, 1_700_000_000)
  execFileSync('mkfifo', [path.join(root, 'var/pipe')])
  // trees that are made in different seconds are the same
  utimesSync(path.join(root, 'var/pipe'), 1_700_000_000, 1_700_000_000)
  return root
}

export const listed = async (...args: string[]) =>
  (await flar('info', '-l', ...args)).stdout.trimEnd().split('\n')
export const treeOf = (directory: string) =>
  String(
    shell(
      directory,
      'find . -printf "%P %y %m %n %l " \\( -type f -printf "%s %T@ " -exec sha256sum {} \\; \\) -o -printf "\\n" | sort',
    ),
  )
