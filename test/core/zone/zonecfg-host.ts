// A host for zonecfg sessions in tests: documents and states in maps, output in strings.
import { ZonecfgSession } from '#core/zone/language/session.ts'
import type { ZonecfgWorld, ZoneState } from '#core/zone/language/world.ts'
import type { OsRelease } from '#core/host.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import { zoneTemplates } from '#core/zone/templates.ts'
import { renderZoneXml } from '#core/zone/xml.ts'

export class ZonecfgHost {
  readonly release: OsRelease
  readonly documents: Map<string, ZoneConfig>
  readonly states = new Map<string, ZoneState>()
  readonly detached = new Map<string, ZoneConfig>()
  readonly files = new Map<string, string>()
  /** what the user at the terminal answers; undefined: there is none */
  answer: boolean | undefined

  constructor(release: OsRelease = 's10u8') {
    this.release = release
    this.documents = new Map(Object.entries(zoneTemplates(release)))
  }

  /** Runs commands on a zone; `file` mode unless said otherwise. */
  run(zone: string, commands: string, mode: 'interactive' | 'file' | 'words' = 'file') {
    let [out, err] = ['', '']
    const session = new ZonecfgSession({
      zone,
      release: this.release,
      world: this.#world(),
      terminal: {
        out: (text) => (out += text),
        err: (text) => (err += text),
        ask: (question) => {
          if (this.answer !== undefined) out += `${question}? `
          return this.answer
        },
      },
      mode,
      fileName: 'web1.cfg',
    })
    if (mode === 'interactive') session.greet()
    for (const line of commands.replace(/\n$/, '').split('\n')) {
      if (session.isOver) break
      session.runLine(line)
    }
    return { end: session.finish(), out, err, config: session.config }
  }

  /** Configures a zone and, unless it stays configured, says that it is further. */
  have(zone: string, commands: string, state: ZoneState = 'configured'): void {
    const { end, err } = this.run(zone, commands)
    if (end !== 'ok') throw new Error(err)
    this.states.set(zone, state)
  }

  #world(): ZonecfgWorld {
    return {
      readConfig: (name) => this.documents.get(name),
      readDetached: (path) => this.detached.get(path),
      stateOf: (zone) => this.states.get(zone),
      save: (config, previousName) => {
        renderZoneXml(config)
        const state = this.states.get(previousName ?? config.name) ?? 'configured'
        if (previousName !== undefined) {
          this.documents.delete(previousName)
          this.states.delete(previousName)
        }
        this.documents.set(config.name, config)
        this.states.set(config.name, state)
      },
      destroy: (zone) => {
        this.documents.delete(zone)
        this.states.delete(zone)
      },
      writeFile: (path, text) => {
        this.files.set(path, text)
      },
    }
  }
}
