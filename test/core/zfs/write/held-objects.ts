/** What a pool holds of each object after a little-endian stream, as far as it decides what comes next (zfs-stream.md 11 item 1). */

export interface HeldObject {
  type: number
  blockSize: number
  /** behind its last block */
  end: number
  generation: bigint
}

/** The attribute at its fixed place, of a znode or of system attributes; 0 of anything else. */
export function generationOf(bonus: Uint8Array, bonusType: number): bigint {
  const view = new DataView(bonus.buffer, bonus.byteOffset, bonus.byteLength)
  if (bonusType === 17) return view.getBigUint64(64, true)
  return bonusType === 44 ? view.getBigUint64(8 * (view.getUint16(4, true) >> 10) + 16, true) : 0n
}

/** It trusts the stream. */
export function heldObjects(stream: Uint8Array): Map<number, HeldObject> {
  const objects = new Map<number, HeldObject>()
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength)
  const up8 = (bytes: number) => Math.ceil(bytes / 8) * 8
  let payload = 0
  for (let at = 0; at < stream.byteLength; at += 312 + payload) {
    const u32 = (offset: number) => view.getUint32(at + offset, true)
    const number = (offset: number) => Number(view.getBigUint64(at + offset, true))
    const type = u32(0)
    payload = type === 0 ? u32(4) : 0
    if (type === 1) {
      payload = up8(u32(28))
      const generation = generationOf(stream.subarray(at + 312, at + 312 + payload), u32(20))
      objects.set(number(8), { type: u32(16), blockSize: u32(24), end: 0, generation })
    }
    if (type === 3) payload = number(96) || number(32)
    if (type === 7) payload = number(40) || number(16)
    if (type === 8) payload = up8(u32(52))
    const known = objects.get(number(8))
    const length = type === 3 ? number(32) : number(24)
    if (known && (type === 3 || type === 8))
      known.end = Math.max(known.end, number(type === 3 ? 24 : 16) + length)
  }
  return objects
}
