// Runs zonecfg commands on an empty host: how the server understands an export it stored.
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import type { ZoneConfig } from './config.ts'
import { ZonecfgSession } from './language/session.ts'
import type { ZonecfgWorld } from './language/world.ts'
import { zoneTemplates } from './templates.ts'

/**
 * The configuration that a command file makes; it need not be committed, nor complete. `zones` are what `create -t` finds.
 * @throws ZonecfgCommandsInvalid with the first complaint
 */
export function replayCommands(
  text: string,
  { zone, release, zones = [] }: { zone: string; release: OsRelease; zones?: readonly ZoneConfig[] },
): ZoneConfig {
  const complaints: string[] = []
  const session = new ZonecfgSession({
    zone,
    release,
    world: emptyWorld(release, zones),
    terminal: { out: () => {}, err: (line) => complaints.push(line.trim()), ask: () => undefined },
    mode: 'file',
    fileName: 'zonecfg commands',
  })
  for (const line of text.split('\n')) {
    session.runLine(line)
    if (session.isOver) break
  }
  if (complaints.length > 0 || !session.config || session.isInResource) {
    const said = complaints.slice(0, 4).join(' ').slice(0, 500) || 'they make no whole configuration'
    throw new ProvisionError('invalid', 'ZonecfgCommandsInvalid', `zonecfg commands are refused: ${said}`)
  }
  return session.config
}

/** What `info RESOURCE` shows of a zone: `fs dir="/export"`. */
export function infoOf(config: ZoneConfig, resource: string, release: OsRelease): string {
  let shown = ''
  const session = new ZonecfgSession({
    zone: config.name,
    release,
    world: emptyWorld(release, [config]),
    terminal: { out: (text) => (shown += text), err: () => {}, ask: () => undefined },
    mode: 'words',
  })
  session.runLine(`info ${resource}`)
  return shown
}

export function emptyWorld(release: OsRelease, zones: readonly ZoneConfig[] = []): ZonecfgWorld {
  const templates: Readonly<Record<string, ZoneConfig>> = zoneTemplates(release)
  return {
    readConfig: (name) =>
      zones.find((zone) => zone.name === name) ??
      (Object.hasOwn(templates, name) ? templates[name] : undefined),
    readDetached: () => undefined,
    stateOf: () => undefined,
    save: () => {},
    destroy: () => {},
    writeFile: () => {},
  }
}
