// What a step of a build does, as data: `build run --dry-run` prints it, a worker carries it out, both from the same functions.
import { shellQuote } from '../shell-quote.ts'

export type Argv = readonly [string, ...string[]]

/** Bytes that the server has and a command on the build host reads. */
export type SentBytes =
  | { of: 'library' }
  | { of: 'medium'; name: string }
  /** a tar of the recipe's folder, or of its files/ as they are to lie below / */
  | { of: 'recipe' | 'files' }
  /** decompressed */
  | { of: 'origin' | 'packaged'; what: string }

export type Action =
  /** a command on the build host */
  | {
      do: 'run'
      argv: Argv
      /** what it reads; `secret`: not shown */
      input?: { text: string; secret?: boolean } | SentBytes
      minutes: number
      /** what it is, where a failure of it has a name of its own */
      script?: 'customize' | 'smoke'
    }
  /** what the server does itself */
  | { do: 'server'; text: string }

export function run(argv: Argv, minutes = 5): Action {
  return { do: 'run', argv, minutes }
}

export function runWith(argv: Argv, text: string, { secret = false, minutes = 5 } = {}): Action {
  return { do: 'run', argv, input: { text, secret }, minutes }
}

export function sendTo(argv: Argv, input: SentBytes, minutes: number): Action {
  return { do: 'run', argv, input, minutes }
}

export function byServer(text: string): Action {
  return { do: 'server', text }
}

/** For people: words that a shell would take, and what the command reads below it. */
export function describeAction(action: Action): string[] {
  if (action.do === 'server') return [`# ${action.text}`]
  const command = describeCommand(action.argv)
  const { input } = action
  if (input === undefined) return [command]
  if ('of' in input) return [`${command} <  # ${describeBytes(input)}`]
  if (input.secret) return [`${command} <  # ${input.text.split('\n').length - 1} lines that are not shown`]
  return [`${command} <<'END'`, ...input.text.trimEnd().split('\n'), 'END']
}

export function describeCommand(argv: Argv): string {
  return argv.map((word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : shellQuote(word))).join(' ')
}

function describeBytes(input: SentBytes): string {
  switch (input.of) {
    case 'library':
      return 'finish-scripts for building'
    case 'medium':
      return `medium ${input.name}`
    case 'recipe':
      return "a tar of the recipe's folder"
    case 'files':
      return "a tar of the recipe's files"
    case 'origin':
    case 'packaged':
      return input.what
  }
}
