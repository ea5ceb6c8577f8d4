/** The header in front of system attributes, in a bonus or a spill block (zfs-stream.md 8.2). */

export const SA_MAGIC = 0x2f505a

export interface SaHeader {
  /**
   * The byte order of this buffer. A file system that was moved between machines of both orders has buffers of both: they are turned only when they are rewritten, and the
   * magic tells.
   */
  littleEndian: boolean
  layout: number
  /** bytes before the first attribute */
  headerBytes: number
  view: DataView
}

/** Undefined when there is no such header, or when it is longer than what holds it. */
export function readSaHeader(bytes: Uint8Array): SaHeader | undefined {
  if (bytes.byteLength < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const littleEndian = view.getUint32(0, true) === SA_MAGIC
  if (!littleEndian && view.getUint32(0) !== SA_MAGIC) return undefined
  const info = view.getUint16(4, littleEndian)
  const headerBytes = (info >>> 10) * 8
  if (headerBytes < 8 || headerBytes > bytes.byteLength) return undefined
  return { littleEndian, layout: info & 0x3ff, headerBytes, view }
}
