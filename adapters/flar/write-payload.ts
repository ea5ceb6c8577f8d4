// The archive section of a tree, in one pass: cpio newc or pax, hard links kept (jumpstart.md 4.3).
import { readlinkSync } from 'node:fs'
import { cpioMember, cpioPad, cpioTrailer } from '#core/archive/cpio-writer.ts'
import { tarMember, tarPad, tarTrailer, type TarMember } from '#core/archive/tar-writer.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Archiver } from '#core/flar/archiver.ts'
import { ByteQueue } from '../packaging/byte-queue.ts'
import { piecesOf } from '../zfs/sources/directory.ts'
import { wholeSeconds, type Files, type LocalFile } from './local-tree.ts'
import { isTaken, sharedInode, type MeasuredTree, type TakenFile } from './measure-tree.ts'

/** Writes headers in front of contents, and the padding behind them. */
interface MemberWriter {
  head(file: TakenFile, target: Buffer | undefined): { header: Uint8Array; hasData: boolean }
  pad(size: number): Uint8Array
  trailer(written: number): Uint8Array
}

/** @throws SourceChanged when a file is not as it was measured, and failures of the file system */
export async function* writePayload(
  files: Files,
  archiver: Archiver,
  links: MeasuredTree['links'],
): AsyncGenerator<Uint8Array> {
  const writer = writerOf(archiver, links)
  const queue = new ByteQueue()
  for await (const file of files) {
    if (!isTaken(file)) continue
    const target = targetOf(file)
    const { header, hasData } = writer.head(file, target)
    queue.add(header)
    if (target && hasData) {
      queue.add(target)
      queue.add(writer.pad(target.byteLength))
    }
    if (file.type === 'file' && hasData) {
      for await (const piece of contentsOf(file)) {
        queue.add(piece)
        yield* queue.take()
      }
      queue.add(writer.pad(Number(file.stats.size)))
    }
    yield* queue.take()
  }
  queue.add(writer.trailer(queue.written))
  yield* queue.take(true)
}

/** How many bytes that will be: no contents are read. */
export async function payloadSize(
  files: Files,
  archiver: Archiver,
  links: MeasuredTree['links'],
): Promise<number> {
  const writer = writerOf(archiver, links)
  let bytes = 0
  for await (const file of files) {
    if (!isTaken(file)) continue
    const target = targetOf(file)
    const { header, hasData } = writer.head(file, target)
    const size = target?.byteLength ?? (file.type === 'file' ? Number(file.stats.size) : 0)
    bytes += header.byteLength + (hasData ? size + writer.pad(size).byteLength : 0)
  }
  return bytes + writer.trailer(bytes).byteLength
}

function writerOf(archiver: Archiver, links: MeasuredTree['links']): MemberWriter {
  return archiver === 'cpio' ? new CpioWriter(links) : new PaxWriter()
}

function targetOf({ type, at }: LocalFile): Buffer | undefined {
  return type === 'symlink' ? readlinkSync(at, { encoding: 'buffer' }) : undefined
}

/** Exactly as many bytes as the header says. */
async function* contentsOf({ at, stats, path }: LocalFile): AsyncGenerator<Uint8Array> {
  let left = Number(stats.size)
  for await (const piece of piecesOf({ path: at, stats })) {
    left -= piece.byteLength
    yield piece
  }
  if (left === 0) return
  throw new ProvisionError(
    'conflict',
    'SourceChanged',
    `${JSON.stringify(path)} has ${left} bytes less than it had, expected a tree at rest`,
  )
}

class CpioWriter implements MemberWriter {
  readonly #links: MeasuredTree['links']
  readonly #seen = new Map<string, { ino: number; left: number }>()
  #lastIno = 0

  constructor(links: MeasuredTree['links']) {
    this.#links = links
  }

  /** The data goes with the last name of a file. */
  head(file: TakenFile, target: Buffer | undefined): { header: Uint8Array; hasData: boolean } {
    const { stats, type, name } = file
    const inode = sharedInode(file)
    const names = inode === undefined ? 1 : (this.#links.get(inode) ?? 1)
    const group = (inode === undefined ? undefined : this.#seen.get(inode)) ?? {
      ino: ++this.#lastIno,
      left: names,
    }
    group.left -= 1
    if (inode !== undefined) this.#seen.set(inode, group)
    const hasData = group.left <= 0
    const size = target?.byteLength ?? (type === 'file' ? Number(stats.size) : 0)
    const header = cpioMember({
      path: name,
      mode: Number(stats.mode),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      mtime: wholeSeconds(stats),
      ino: group.ino,
      nlink: type === 'directory' ? 2 : names,
      size: hasData ? size : 0,
    })
    return { header, hasData }
  }

  pad(size: number): Uint8Array {
    return cpioPad(size)
  }

  trailer(written: number): Uint8Array {
    return cpioTrailer(written)
  }
}

class PaxWriter implements MemberWriter {
  readonly #first = new Map<string, Buffer>()

  /** Names after the first are links to it. */
  head(file: TakenFile, target: Buffer | undefined): { header: Uint8Array; hasData: boolean } {
    const { stats, type, name } = file
    const inode = sharedInode(file)
    const first = inode === undefined ? undefined : this.#first.get(inode)
    if (inode !== undefined && !first) this.#first.set(inode, name)
    const link = first ?? target
    const member: TarMember = {
      path: name,
      type: first ? 'hardlink' : type,
      mode: Number(stats.mode) & 0o7777,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      size: type === 'file' && !first ? Number(stats.size) : 0,
      mtime: wholeSeconds(stats),
      ...(link && { link }),
    }
    return { header: tarMember(member), hasData: !first && type === 'file' }
  }

  pad(size: number): Uint8Array {
    return tarPad(size)
  }

  trailer(written: number): Uint8Array {
    return tarTrailer(written)
  }
}
