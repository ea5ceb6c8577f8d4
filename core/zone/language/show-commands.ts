// What zonecfg shows and changes nothing by: info, export and help.
import { exportCommands } from '../export.ts'
import { renderInfo, renderInfoProperty, renderInfoResource } from '../info.ts'
import { fail, shortUsage, usageOf } from './complaints.ts'
import { isGlobalProperty } from './global-properties.ts'
import { load } from './in-hand.ts'
import { kindIn } from './known-names.ts'
import { commandUsage, invocationUsage, syntaxHelp } from './messages.ts'
import { readOptions, selectorOf } from './outcome.ts'
import { commandNames, isCommandName, type Item } from './parse-line.ts'
import { matching } from './resource-scope.ts'
import type { SessionState } from './session-state.ts'

export function showInfo(session: SessionState, items: readonly Item[]): void {
  const config = load(session)
  if (!config) return
  if (session.scope) return session.terminal.out(renderInfoResource(session.scope.resource, session.release))
  const [first, ...rest] = items
  if (!first) return session.terminal.out(renderInfo(config, session.release))
  const { name = '' } = first
  if (isGlobalProperty(name, session.release) && rest.length === 0 && !first.value) {
    return session.terminal.out(renderInfoProperty(config, name, session.release))
  }
  const kind = kindIn(session, first)
  const selector = selectorOf(rest)
  if (!kind || !selector) return shortUsage(session, 'info')
  const found = matching(config, kind, selector)
  if (found.length === 0 && rest.length > 0) return session.terminal.out(`No such ${kind} resource.\n`)
  for (const resource of found) session.terminal.out(renderInfoResource(resource, session.release))
}

export function exportZone(session: SessionState, items: readonly Item[]): void {
  const { options, operands } = readOptions(items, 'f:') ?? {}
  if (!options || operands?.length !== 0) return shortUsage(session, 'export')
  const config = load(session)
  if (!config) return
  const text = exportCommands(config, { release: session.release })
  const file = options.get('f')
  if (file === undefined) return session.terminal.out(text)
  try {
    session.world.writeFile(file, text)
  } catch (error) {
    fail(session, `opening file ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export function showHelp(session: SessionState, items: readonly Item[]): void {
  const topic = items[0]?.name ?? 'commands'
  if (isCommandName(topic)) session.terminal.out(usageOf(topic))
  else if (topic === 'usage') session.terminal.out(invocationUsage)
  else if (topic === 'syntax') session.terminal.out(syntaxHelp)
  else if (topic === 'commands') {
    session.terminal.out(commandNames.map((name) => `${commandUsage[name]}\n`).join(''))
  } else {
    fail(session, `Unknown help subject ${topic}.  Use 'help' for the commands.`)
  }
}
