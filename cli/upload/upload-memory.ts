// Remembers where an interrupted upload of a file stopped, so that the same command goes on from there.
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { PreviousUpload, UrlStorage } from 'tus-js-client'

type Memory = Record<string, PreviousUpload & { fingerprint: string }>

/** `$XDG_STATE_HOME/zoneflash/uploads.json`, by default below ~/.local/state */
export function uploadMemoryPath(env: Readonly<Record<string, string | undefined>>): string {
  return path.join(
    env['XDG_STATE_HOME'] || path.join(homedir(), '.local', 'state'),
    'zoneflash',
    'uploads.json',
  )
}

/** The resumable-upload library's memory, in one small file. */
export class UploadMemory implements UrlStorage {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  async findAllUploads(): Promise<PreviousUpload[]> {
    return Object.values(this.#read())
  }

  async findUploadsByFingerprint(fingerprint: string): Promise<PreviousUpload[]> {
    return Object.values(this.#read()).filter((upload) => upload.fingerprint === fingerprint)
  }

  async removeUpload(key: string): Promise<void> {
    const { [key]: _removed, ...others } = this.#read()
    this.#write(others)
  }

  async addUpload(fingerprint: string, upload: PreviousUpload): Promise<string> {
    const key = randomUUID()
    this.#write({ ...this.#read(), [key]: { ...upload, fingerprint, urlStorageKey: key } })
    return key
  }

  #read(): Memory {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8')) as Memory
    } catch {
      return {} // none yet, or damaged: the upload starts from the beginning
    }
  }

  #write(memory: Memory): void {
    mkdirSync(path.dirname(this.#file), { recursive: true, mode: 0o700 })
    const beside = `${this.#file}.${process.pid}`
    writeFileSync(beside, JSON.stringify(memory), { mode: 0o600 })
    renameSync(beside, this.#file)
  }
}
