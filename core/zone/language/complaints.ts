// How zonecfg complains: an error, a usage message, and the line of the command file it belongs to.
import { commandUsage } from './messages.ts'
import type { Refusal } from './outcome.ts'
import type { CommandName } from './parse-line.ts'
import type { SessionState } from './session-state.ts'

export function syntaxError(session: SessionState, at: string): void {
  fail(session, `syntax error at '${at}'`)
}

export function shortUsage(session: SessionState, command: CommandName): void {
  refuse(session, { refusals: ['syntax error'], usage: command })
}

export function scopeUsage(session: SessionState, command: CommandName): void {
  const scope = session.scope ? 'global' : 'resource'
  fail(session, `The ${command} command only makes sense in the ${scope} scope.`)
}

export function refuse(session: SessionState, { refusals, usage }: Refusal): void {
  for (const text of refusals) fail(session, text)
  if (usage) session.terminal.err(usageOf(usage))
}

export function fail(session: SessionState, text: string): void {
  session.failed = true
  say(session, text)
}

export function abort(session: SessionState, text: string): void {
  fail(session, text)
  session.aborted = true
}

/** A message, after the line it belongs to where that is not plain. */
export function say(session: SessionState, text: string): void {
  if (session.mode === 'file' && session.line > session.reportedLine) {
    session.terminal.err(`On line ${session.line} of ${session.fileName}:\n`)
    session.reportedLine = session.line
  }
  session.terminal.err(`${text}\n`)
}

export function usageOf(command: CommandName): string {
  return `usage:\n${commandUsage[command]}\n`
}
