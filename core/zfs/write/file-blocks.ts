// Cuts the contents of a file into blocks, and leaves out those of nothing but zeros: they are holes (zfs-stream.md 10).
import { ProvisionError } from '../../errors.ts'

export interface FileBlock {
  offset: number
  /** valid until the next one is asked for; the last is filled up with zeros */
  bytes: Uint8Array
}

/**
 * Takes exactly `size` bytes; `path` is for messages.
 * @throws SourceChanged when more or fewer bytes come
 */
export async function* fileBlocks(
  contents: AsyncIterable<Uint8Array>,
  { size, blockSize, path }: { size: number; blockSize: number; path: string },
): AsyncGenerator<FileBlock, undefined> {
  const bytes = new Uint8Array(blockSize)
  const words = new Int32Array(bytes.buffer)
  let offset = 0
  let fill = 0
  for await (const piece of contents) {
    if (offset + fill + piece.byteLength > size) throw changed(path, size, `more than ${size} bytes`)
    for (let taken = 0; taken < piece.byteLength;) {
      const part = piece.subarray(taken, taken + blockSize - fill)
      bytes.set(part, fill)
      fill += part.byteLength
      taken += part.byteLength
      if (fill < blockSize) continue
      if (!isZero(words)) yield { offset, bytes }
      offset += blockSize
      fill = 0
    }
  }
  if (offset + fill !== size) throw changed(path, size, `${offset + fill} bytes`)
  bytes.fill(0, fill)
  if (fill > 0 && !isZero(words)) yield { offset, bytes }
  return undefined
}

function changed(path: string, size: number, came: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'SourceChanged',
    `${JSON.stringify(path)} came with ${came}, expected the ${size} that it had before: the tree must be at rest`,
  )
}

function isZero(words: Int32Array): boolean {
  for (let index = 0; index < words.length; index++) if (words[index] !== 0) return false
  return true
}
