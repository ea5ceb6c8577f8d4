// zonecfg of a sandbox host: configures zones in the files below its root.
import { readFileSync, readSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { isatty } from 'node:tty'
import { getSystemErrorMap } from 'node:util'
import { OsRelease } from '#core/host.ts'
import { invocationUsage, strerror, syntaxHelp } from '#core/zone/language/messages.ts'
import { ZonecfgSession, type SessionOptions } from '#core/zone/language/session.ts'
import type { ZonecfgTerminal } from '#core/zone/language/world.ts'
import { isZoneName } from '#core/zone/zone-name.ts'
import { openZoneStore } from './zone-store.ts'
import { zonecfgWorld } from './zonecfg-world.ts'

/** What the command sees of the process it runs in. */
export interface CommandIo {
  env: Readonly<Record<string, string | undefined>>
  out: (text: string) => void
  err: (text: string) => void
  /** whether someone types at standard input and can be asked */
  isTerminal: boolean
  /** one line of standard input without its newline; undefined at the end */
  readLine: () => string | undefined
}

const ok = 0
const failed = 1
const misused = 2

/**
 * Runs `zonecfg -z ZONE [-f FILE | COMMAND…]`; returns the exit status. The host is below `SANDBOX_ROOT` (default `/`),
 * its release is `SANDBOX_RELEASE` (default `illumos`).
 */
export function main(argv: readonly string[], io: CommandIo): number {
  const release = OsRelease.safeParse(io.env['SANDBOX_RELEASE'] ?? 'illumos')
  if (!release.success) {
    io.err(
      `zonecfg: SANDBOX_RELEASE is ${io.env['SANDBOX_RELEASE']}, expected one of ${OsRelease.options.join(', ')}\n`,
    )
    return misused
  }
  const world = zonecfgWorld(openZoneStore(io.env['SANDBOX_ROOT'] ?? '/'), release.data)
  const call = readArguments(argv)
  const zone = call?.zone ?? ''
  const base = { zone, release: release.data, world, terminal: terminalOf(io) }
  if (call?.isHelp) {
    runWords({ ...base, mode: 'words' }, call.words)
    return ok
  }
  if (!call || zone === '') {
    io.err(invocationUsage)
    return misused
  }
  if (!isZoneName(zone)) {
    io.err(`${zone}: ${strerror.bogusName}\n${syntaxHelp}`)
    return misused
  }
  if (call.words.length > 0) return runWords({ ...base, mode: 'words' }, call.words)
  if (call.file === undefined || call.file === '-')
    return runInteractive({ ...base, mode: 'interactive' }, io)
  return runFile(base, call.file, io)
}

interface Call {
  isHelp: boolean
  zone: string
  file: string | undefined
  words: string[]
}

/** `-z ZONE`, `-f FILE`, then commands; undefined for another option. */
function readArguments(argv: readonly string[]): Call | undefined {
  const call: Call = { isHelp: argv[0] === 'help', zone: '', file: undefined, words: [...argv] }
  while (!call.isHelp && /^-./.test(call.words[0] ?? '')) {
    const option = call.words.shift() ?? ''
    if (option === '--') break
    const value = option.slice(2) || call.words.shift()
    if (value === undefined) return undefined
    if (option.startsWith('-z')) call.zone = value
    else if (option.startsWith('-f')) call.file = value
    else return undefined
  }
  return call
}

/** Commands of the command line are joined with blanks and read as one line. */
function runWords(options: SessionOptions, words: readonly string[]): number {
  const session = new ZonecfgSession(options)
  for (const line of words.join(' ').split('\n')) session.runLine(line)
  return session.finish() === 'ok' ? ok : failed
}

function runFile(base: Omit<SessionOptions, 'mode'>, file: string, io: CommandIo): number {
  let text: string
  try {
    if (!statSync(file).isFile()) {
      io.err(`${file} is not a regular file.\n`)
      return failed
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    io.err(`could not open file ${file}: ${reasonOf(error)}\n`)
    return failed
  }
  const terminal = { ...base.terminal, ask: () => undefined }
  const session = new ZonecfgSession({ ...base, terminal, mode: 'file', fileName: file })
  for (const line of text.replace(/\n$/, '').split('\n')) {
    if (session.isOver) break
    session.runLine(line)
  }
  return session.finish() === 'ok' ? ok : failed
}

/** From a terminal or a pipe; a pipe gets no prompts, and no question is asked. */
function runInteractive(options: SessionOptions, io: CommandIo): number {
  const session = new ZonecfgSession(options)
  session.greet()
  for (;;) {
    while (!session.isOver) {
      if (io.isTerminal) io.out(session.prompt)
      const line = io.readLine()
      if (line === undefined) break
      session.runLine(line)
    }
    const end = session.finish()
    if (end !== 'again') return end === 'ok' ? ok : failed
  }
}

function terminalOf(io: CommandIo): ZonecfgTerminal {
  return {
    out: io.out,
    err: io.err,
    ask: (question) => {
      if (!io.isTerminal) return undefined
      for (;;) {
        io.out(`${question} (y/[n])? `)
        const answer = io.readLine()
        if (answer === undefined) return undefined
        if (answer === '' || /^n/i.test(answer)) return false
        if (/^y/i.test(answer)) return true
      }
    },
  }
}

/** `No such file or directory`, as the C library words it. */
export function reasonOf(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException
  const [, text] = (errno !== undefined && getSystemErrorMap().get(errno)) || []
  const reason = text ?? (error instanceof Error ? error.message : String(error))
  return reason.charAt(0).toUpperCase() + reason.slice(1)
}

/** Standard input by lines, read only as far as needed: what follows may be meant for another command. */
function lineReader(): () => string | undefined {
  let pending = Buffer.alloc(0)
  let ended = false
  return () => {
    for (;;) {
      const at = pending.indexOf(0x0a)
      if (at >= 0 || ended) {
        if (at < 0 && pending.length === 0) return undefined
        const line = pending.subarray(0, at < 0 ? pending.length : at).toString('utf8')
        pending = pending.subarray(at < 0 ? pending.length : at + 1)
        return line
      }
      const chunk = Buffer.alloc(4096)
      const length = readInput(chunk)
      if (length === 0) ended = true
      pending = Buffer.concat([pending, chunk.subarray(0, length)])
    }
  }
}

function readInput(chunk: Buffer): number {
  return whenReady(() => {
    try {
      return readSync(0, chunk)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EOF') return 0
      throw error
    }
  })
}

function writeFully(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += whenReady(() => writeSync(descriptor, bytes, at))
}

/** Repeats a call on a pipe that some other process made non-blocking. */
function whenReady(call: () => number): number {
  for (;;) {
    try {
      return call()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === import.meta.filename) {
  const write = (descriptor: number) => (text: string) => writeFully(descriptor, Buffer.from(text))
  process.exitCode = main(process.argv.slice(2), {
    env: process.env,
    out: write(1),
    err: write(2),
    isTerminal: isatty(0),
    readLine: lineReader(),
  })
}
