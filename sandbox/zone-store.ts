// The zones of a sandbox host as files below its root: index, documents, locks, and which of them the "kernel" runs.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'
import type { OsRelease } from '#core/host.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import {
  parseIndex,
  renderIndex,
  withState,
  type IndexEntry,
  type IndexLine,
  type IndexState,
} from '#core/zone/index-file.ts'
import { zoneTemplates } from '#core/zone/templates.ts'
import { xmlLimits } from '#core/zone/xml-reader.ts'
import { parseZoneXml, renderZoneXml } from '#core/zone/xml.ts'
import { isDocumentName } from '#core/zone/zone-name.ts'
import { parseKernelState, processStartTime, type KernelState } from './kernel-state.ts'

const indexHeader = [
  '# Zones of this host: name:state:zonepath:uuid',
  '# Maintained by zonecfg and zoneadm, not by hand.',
]
/** seconds to wait for another writer of the index */
const indexLockWait = 30

/** Opens the zones of the host whose root directory is `root`; the directories are made when something is written. */
export function openZoneStore(root: string): ZoneStore {
  return new ZoneStore(root)
}

export class ZoneStore {
  readonly root: string

  constructor(root: string) {
    this.root = path.resolve(root)
  }

  /** Zones of the index in file order, the global zone among them when it is listed. */
  listIndex(): IndexEntry[] {
    return this.#readIndex().flatMap((line) => ('entry' in line ? [line.entry] : []))
  }

  /** The index entry of a zone, undefined for an unknown one. */
  findEntry(name: string): IndexEntry | undefined {
    return this.listIndex().find((entry) => entry.name === name)
  }

  /**
   * Reads /etc/zones/NAME.xml.
   * @throws ZoneMissing, ZoneXmlInvalid, ZoneXmlTooLarge
   */
  readConfig(name: string): ZoneConfig {
    const file = this.#documentPath(name)
    if (!existsSync(file)) throw zoneMissing(name)
    return readZoneDocument(file)
  }

  hasConfig(name: string): boolean {
    return isDocumentName(name) && existsSync(this.#documentPath(name))
  }

  /** Writes the document of `config.name`, whole or not at all. The index is not touched. */
  writeConfig(config: ZoneConfig): void {
    writeWhole(this.#documentPath(config.name), renderZoneXml(config))
  }

  /** Removes a zone's document and its line of the index; files below its zonepath stay. */
  remove(name: string): void {
    this.#changeIndex((lines) => lines.filter((line) => !('entry' in line && line.entry.name === name)))
    rmSync(this.#documentPath(name), { force: true })
  }

  /** Renames a zone in the index, and its document; `config` is what the new document holds. */
  rename(from: string, config: ZoneConfig): void {
    this.writeConfig(config)
    this.#changeIndex((lines) =>
      lines.map((line) =>
        'entry' in line && line.entry.name === from ? { entry: { ...line.entry, name: config.name } } : line,
      ),
    )
    rmSync(this.#documentPath(from), { force: true })
  }

  /**
   * Records a zone's state, and its zonepath when given; an unknown zone is added at the end. Returns the entry, whose
   * uuid follows the rule of zones.md 1.2.
   * @throws ZoneMissing when an unknown zone comes without a zonepath
   */
  setState(name: string, state: IndexState, zonepath?: string): IndexEntry {
    return this.#changeEntry(name, (before) => {
      if (!before && zonepath === undefined) throw zoneMissing(name)
      const base = before ?? { name, state, zonepath: '', uuid: '' }
      return withState({ ...base, zonepath: zonepath ?? base.zonepath }, state, randomUUID)
    })
  }

  /** Records where a zone is; its state stays what it is, and a new zone is configured. */
  setZonepath(name: string, zonepath: string): IndexEntry {
    return this.#changeEntry(name, (before) => ({
      ...(before ?? { name, state: 'configured', uuid: '' }),
      zonepath,
    }))
  }

  /** Delivers SUNWdefault.xml and SUNWblank.xml of a release, and an index with the global zone, where they are absent. */
  installTemplates(release: OsRelease): void {
    for (const [name, config] of Object.entries(zoneTemplates(release))) {
      const file = this.#documentPath(name)
      if (!existsSync(file)) writeWhole(file, renderZoneXml(config))
    }
    if (!existsSync(this.#indexPath)) this.#changeIndex((lines) => lines)
  }

  /**
   * Runs `action` under the lock by which one operation at a time works on a zone. The kernel holds the lock: it ends with
   * this process, also after SIGKILL.
   * @throws ZoneBusy when another process holds it
   */
  async withLock<T>(name: string, action: () => T | Promise<T>): Promise<T> {
    if (!isDocumentName(name)) throw zoneMissing(name)
    const lock = takeLock(this.#runPath(`${name}.zoneadm.lock`), ['-n'])
    if (lock === undefined) {
      throw new ProvisionError(
        'conflict',
        'ZoneBusy',
        `zone '${name}': another zoneadm may have an operation in progress.`,
      )
    }
    try {
      return await action()
    } finally {
      closeSync(lock)
    }
  }

  /** What the "kernel" says of a zone: undefined unless it is ready or more, its first process alive and the same. */
  kernelState(name: string): KernelState | undefined {
    if (!isDocumentName(name)) return undefined
    let text: string
    try {
      text = readFileSync(this.#runPath(`${name}.state`), 'utf8')
    } catch {
      return undefined
    }
    const state = parseKernelState(text)
    return state && processStartTime(state.pid) === state.startTime ? state : undefined
  }

  /** Records that a zone is ready or running; `pid` is the process whose life is the zone's. */
  writeKernelState(name: string, state: Omit<KernelState, 'startTime'>): KernelState {
    const startTime = processStartTime(state.pid)
    if (!isDocumentName(name) || startTime === undefined) throw zoneMissing(name)
    const whole = { ...state, startTime }
    writeWhole(this.#runPath(`${name}.state`), `${JSON.stringify(whole)}\n`)
    return whole
  }

  clearKernelState(name: string): void {
    if (isDocumentName(name)) rmSync(this.#runPath(`${name}.state`), { force: true })
  }

  /** Zones that are ready or more, by id. */
  listKernelStates(): { name: string; state: KernelState }[] {
    const directory = this.#runPath('')
    const files = existsSync(directory) ? readdirSync(directory) : []
    return files
      .filter((file) => file.endsWith('.state'))
      .map((file) => file.slice(0, -'.state'.length))
      .flatMap((name) => {
        const state = this.kernelState(name)
        return state ? [{ name, state }] : []
      })
      .toSorted((a, b) => a.state.id - b.state.id)
  }

  #readIndex(): IndexLine[] {
    if (existsSync(this.#indexPath)) return parseIndex(readFileSync(this.#indexPath, 'utf8'))
    const global: IndexEntry = { name: 'global', state: 'installed', zonepath: '/', uuid: '' }
    return [...indexHeader.map((text) => ({ text })), { entry: global }]
  }

  #changeIndex(change: (lines: IndexLine[]) => IndexLine[]): void {
    const lock = takeLock(this.#runPath('index.lock'), ['-w', String(indexLockWait)])
    if (lock === undefined) {
      throw new ProvisionError(
        'unavailable',
        'ZoneIndexBusy',
        `the zone index is locked for over ${indexLockWait} s`,
      )
    }
    try {
      writeWhole(this.#indexPath, renderIndex(change(this.#readIndex())))
    } finally {
      closeSync(lock)
    }
  }

  /** Replaces the entry of a zone, or adds it at the end, while nobody else writes. */
  #changeEntry(name: string, change: (before: IndexEntry | undefined) => IndexEntry): IndexEntry {
    let changed: IndexEntry | undefined
    this.#changeIndex((lines) => {
      const known = lines.find((line) => 'entry' in line && line.entry.name === name)
      const entry = change(known && 'entry' in known ? known.entry : undefined)
      changed = entry
      return known ? lines.map((line) => (line === known ? { entry } : line)) : [...lines, { entry }]
    })
    if (!changed) throw zoneMissing(name)
    return changed
  }

  get #indexPath(): string {
    return path.join(this.root, 'etc/zones/index')
  }

  #documentPath(name: string): string {
    if (!isDocumentName(name)) throw zoneMissing(name)
    return path.join(this.root, 'etc/zones', `${name}.xml`)
  }

  #runPath(file: string): string {
    return path.join(this.root, 'var/run/zones', file)
  }
}

/**
 * Reads a zone document from a file, also a SUNWdetached.xml.
 * @throws ZoneXmlInvalid, ZoneXmlTooLarge
 */
export function readZoneDocument(file: string): ZoneConfig {
  const { size } = statSync(file)
  if (size > xmlLimits.characters) {
    throw new ProvisionError(
      'too-large',
      'ZoneXmlTooLarge',
      `${file} has ${size} bytes, at most ${xmlLimits.characters} are read`,
    )
  }
  return parseZoneXml(readFileSync(file, 'utf8'))
}

/** Writes beside, flushes and renames; mode 0644 and, as root, owner root:sys as zonecfg leaves its files. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  const beside = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}.${randomUUID().slice(0, 8)}`,
  )
  try {
    writeFileSync(beside, text, { mode: 0o644, flush: true })
    if (process.getuid?.() === 0) chownSync(beside, 0, 3)
    renameSync(beside, file)
    syncDirectory(path.dirname(file))
  } finally {
    rmSync(beside, { force: true })
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Locks `file` through flock(1) on our own descriptor, which keeps the lock until it is closed; undefined when it is held. */
function takeLock(file: string, options: readonly string[]): number | undefined {
  mkdirSync(path.dirname(file), { recursive: true })
  const descriptor = openSync(file, 'a', 0o644)
  try {
    execFileSync('flock', ['-x', ...options, '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    if ((error as { status?: number | null }).status === 1) return undefined
    throw error
  }
}

function zoneMissing(name: string): ProvisionError {
  return new ProvisionError('missing', 'ZoneMissing', `${name}: No such zone configured`)
}
