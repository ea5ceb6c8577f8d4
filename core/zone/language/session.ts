// One run of zonecfg on one zone: reads lines and hands each command to its function (zones.md 2).
import type { ZoneConfig } from '../config.ts'
import { syntaxError, usageOf } from './complaints.ts'
import { createZone, deleteZone, revertZone } from './create-delete.ts'
import { load } from './in-hand.ts'
import { exit, finish, type SessionEnd } from './leave.ts'
import { parseLine, type Command, type CommandName, type Item } from './parse-line.ts'
import { clearProperty, setProperty } from './property-commands.ts'
import { commit, verify } from './save-commands.ts'
import { add, cancel, end, remove, select } from './scope-commands.ts'
import { SessionState, type SessionOptions } from './session-state.ts'
import { exportZone, showHelp, showInfo } from './show-commands.ts'

export type { SessionEnd, SessionOptions }

export class ZonecfgSession {
  readonly #state: SessionState

  constructor(options: SessionOptions) {
    this.#state = new SessionState(options)
  }

  /** What a terminal shows before a line. */
  get prompt(): string {
    const { zone, scope } = this.#state
    return `zonecfg:${zone}${scope ? `:${scope.resource.kind}` : ''}> `
  }

  /** Whether no further line is to be read. */
  get isOver(): boolean {
    return this.#state.leaving || this.#state.aborted
  }

  get isInResource(): boolean {
    return this.#state.scope !== undefined
  }

  /** The configuration in hand, committed or not. */
  get config(): ZoneConfig | undefined {
    return this.#state.config
  }

  /** Says so beforehand when an interactive user works on a zone that does not exist. */
  greet(): void {
    load(this.#state, false)
  }

  /** Reads one line; of a file and of the command line the rest is left alone after an error. */
  runLine(line: string): void {
    const state = this.#state
    state.line += 1
    for (const command of parseLine(line)) {
      if (this.isOver) return
      if ('fault' in command) syntaxError(state, command.fault)
      else run(state, command)
      if (state.failed && state.mode !== 'interactive') state.leaving = true
    }
  }

  /** The end of the input or `exit`: saves what was changed. */
  finish(): SessionEnd {
    return finish(this.#state)
  }
}

function run(session: SessionState, { name, items }: Command): void {
  if (items.some((item) => item.name === '-?')) return session.terminal.out(usageOf(name))
  handlers[name](session, items)
}

const handlers: Record<CommandName, (session: SessionState, items: readonly Item[]) => void> = {
  add,
  cancel,
  clear: clearProperty,
  commit,
  create: createZone,
  delete: deleteZone,
  end,
  exit,
  export: exportZone,
  help: showHelp,
  info: showInfo,
  remove,
  revert: revertZone,
  select,
  set: setProperty,
  verify,
}
