// The end of a zonecfg run: exit, and saving what was changed when the input is over.
import { abort, say, shortUsage } from './complaints.ts'
import { readOptions } from './outcome.ts'
import type { Item } from './parse-line.ts'
import { verifyZone } from './save-commands.ts'
import type { SessionState } from './session-state.ts'

/** What `finish` comes to; `again`: the user chose not to quit. */
export type SessionEnd = 'ok' | 'failed' | 'again'

export function exit(session: SessionState, items: readonly Item[]): void {
  const { options, operands } = readOptions(items, 'F') ?? {}
  if (!options || operands?.length !== 0) return shortUsage(session, 'exit')
  session.forced = options.has('F')
  if (!session.scope || session.forced) {
    session.leaving = true
    return
  }
  const answer = session.terminal.ask('Resource incomplete; really quit')
  if (answer === undefined) {
    abort(
      session,
      'Resource incomplete, input not from terminal and -F not specified:\nexit command ignored, but exiting anyway.',
    )
  } else if (answer) session.leaving = true
}

/** The end of the input or `exit`: saves what was changed. */
export function finish(session: SessionState): SessionEnd {
  if (session.aborted) return 'failed'
  if (session.mode === 'words' && session.failed) {
    if (session.changed) say(session, 'Configuration not saved.')
    return 'failed'
  }
  const mayAsk = session.mode === 'interactive'
  if (session.scope) {
    if (session.leaving) session.failed = true
    else {
      const answer = mayAsk ? session.terminal.ask('Resource incomplete; really quit') : undefined
      if (answer === undefined) {
        say(session, 'Resource incomplete.')
        return 'failed'
      }
      if (!answer) return stay(session)
    }
  }
  if (session.changed && session.config) {
    verifyZone(session, true)
    if (session.changed) {
      const ask = mayAsk && !session.forced
      const answer = ask ? session.terminal.ask('Configuration not saved; really quit') : undefined
      if (answer === undefined) say(session, 'Configuration not saved.')
      else if (!answer) return stay(session)
      return 'failed'
    }
  }
  return session.failed ? 'failed' : 'ok'
}

function stay(session: SessionState): SessionEnd {
  session.leaving = false
  return 'again'
}
