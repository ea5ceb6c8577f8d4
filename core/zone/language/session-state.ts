// What the commands of one zonecfg run share: the zone, its configuration in hand, the open resource, how it stands.
import type { OsRelease } from '../../host.ts'
import type { ZoneConfig } from '../config.ts'
import type { ResourceScope } from './resource-scope.ts'
import type { ZonecfgTerminal, ZonecfgWorld } from './world.ts'

export interface SessionOptions {
  zone: string
  release: OsRelease
  world: ZonecfgWorld
  terminal: ZonecfgTerminal
  /** file: stops at the first error and names lines; words: commands of the command line, saved when none failed */
  mode: 'interactive' | 'file' | 'words'
  /** the command file's name, for messages */
  fileName?: string
}

export class SessionState {
  readonly release: OsRelease
  readonly world: ZonecfgWorld
  readonly terminal: ZonecfgTerminal
  readonly mode: SessionOptions['mode']
  readonly fileName: string
  zone: string
  /** the zone as it is called on disk */
  savedZone: string
  /** the configuration in hand, committed or not; undefined until it is read or created */
  config: ZoneConfig | undefined
  /** the resource that `add` or `select` opened */
  scope: ResourceScope | undefined
  changed = false
  failed = false
  leaving = false
  /** `exit -F`: what was changed is dropped without a question */
  forced = false
  aborted = false
  line = 0
  /** the last line that a message has named */
  reportedLine = 0

  constructor({ zone, release, world, terminal, mode, fileName = '-' }: SessionOptions) {
    this.zone = zone
    this.savedZone = zone
    this.release = release
    this.world = world
    this.terminal = terminal
    this.mode = mode
    this.fileName = fileName
  }
}
