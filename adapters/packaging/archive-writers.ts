// Writes one tree as tar and as cpio at the same time, and its index.
import { createHash, type Hash } from 'node:crypto'
import {
  CPIO_MAX_SIZE,
  cpioMember,
  cpioPad,
  cpioTrailer,
  type CpioMember,
} from '#core/archive/cpio-writer.ts'
import { tarMember, tarPad, tarTrailer } from '#core/archive/tar-writer.ts'
import type { Entry, EntryType } from '#core/entry.ts'
import { ByteQueue } from './byte-queue.ts'
import type { CanonicalMember } from './canonical-members.ts'

const fileTypeBits: Record<EntryType, number> = {
  file: 0o100000,
  hardlink: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  character: 0o020000,
  block: 0o060000,
}

export class ArchiveWriters {
  readonly tar = new ByteQueue()
  /** absent once a file has come that cpio cannot carry */
  cpio: ByteQueue | undefined = new ByteQueue()
  readonly #emit: (entry: Entry) => void
  #current: { entry: Entry; hash: Hash | undefined; left: number } | undefined
  #lastIno = 0

  constructor(emit: (entry: Entry) => void) {
    this.#emit = emit
  }

  begin(member: CanonicalMember): void {
    const { path, type, mode, uid, gid, size, mtime, link, device } = member
    this.tar.add(
      tarMember({
        path: member.name,
        type,
        mode,
        uid,
        gid,
        size,
        mtime,
        ...(link && { link: link.name }),
        ...(device && { device }),
      }),
    )
    if (size > CPIO_MAX_SIZE) this.cpio = undefined
    this.#beginCpio(member)
    const entry: Entry = {
      path,
      type,
      mode,
      uid,
      gid,
      size,
      mtime,
      ...(link && { link: link.path }),
      ...(device && { device: `${device.major},${device.minor}` }),
    }
    this.#current = { entry, hash: type === 'file' ? createHash('sha256') : undefined, left: size }
  }

  data(bytes: Uint8Array): void {
    if (!this.#current) return
    this.#current.hash?.update(bytes)
    this.#current.left -= bytes.byteLength
    this.tar.add(bytes)
    this.cpio?.add(bytes)
  }

  end(): void {
    if (!this.#current) return
    const { entry, hash, left } = this.#current
    this.#current = undefined
    if (left !== 0) throw new Error(`${entry.path} came with ${entry.size - left} of ${entry.size} bytes`)
    this.tar.add(tarPad(entry.size))
    this.cpio?.add(cpioPad(entry.size))
    this.#emit(hash ? { ...entry, sha256: hash.digest('hex') } : entry)
  }

  finish(): void {
    this.tar.add(tarTrailer(this.tar.written))
    this.cpio?.add(cpioTrailer(this.cpio.written))
  }

  /** Names of one file come together, the data with the last of them: the one that the tar has first. */
  #beginCpio(member: CanonicalMember): void {
    if (member.type === 'hardlink') return
    const ino = (this.#lastIno += 1)
    const names = member.names ?? [member.name]
    const others = names.filter((name) => !name.equals(member.name))
    const common = {
      mode: fileTypeBits[member.type] | member.mode,
      uid: member.uid,
      gid: member.gid,
      mtime: Math.max(0, Math.min(member.mtime, 0xffffffff)),
      ino,
      nlink: member.type === 'directory' ? 2 : names.length,
      ...(member.device && { rdev: member.device }),
    } satisfies Partial<CpioMember>
    for (const path of others) this.cpio?.add(cpioMember({ ...common, path, size: 0 }))
    const target = member.type === 'symlink' ? member.link?.name : undefined
    this.cpio?.add(cpioMember({ ...common, path: member.name, size: target?.byteLength ?? member.size }))
    if (!target) return
    this.cpio?.add(target)
    this.cpio?.add(cpioPad(target.byteLength))
  }
}
