// What current receivers ask of a stream, rule by rule (zfs-stream.md 1, 4, 16 items 22 and 23). It shares nothing with the writer.

import { generationOf, heldObjects, type HeldObject } from './held-objects.ts'

const MAX_BLOCK = 128 * 1024
const MAX_BONUS = 320

interface Known {
  type: number
  blockSize: number
  hasSpill: boolean
  hasSpilled: boolean
  next: number
}

export interface ReceivedRecord {
  name: 'begin' | 'object' | 'freeObjects' | 'write' | 'free' | 'end' | 'spill'
  object: number
}

/** `base` is the stream that was received before an increment. @throws Error with the rule that is broken */
export function checkStrictly(stream: Uint8Array, base?: Uint8Array): ReceivedRecord[] {
  const held = base ? heldObjects(base) : new Map<number, HeldObject>()
  const records: ReceivedRecord[] = []
  const objects = new Map<number, Known>()
  let at = 0
  let begin = { zpl5: false, guid: 0n, isFull: true }
  let lastObject = 0
  const need = (claim: boolean, rule: string) => {
    if (!claim) throw new Error(`record ${records.length + 1} at byte ${at}: ${rule}`)
  }
  while (at < stream.byteLength) {
    need(stream.byteLength - at >= 312, 'a whole header')
    const bytes = stream.subarray(at, at + 312)
    const view = new DataView(bytes.buffer, bytes.byteOffset, 312)
    const u32 = (offset: number) => view.getUint32(offset, true)
    const u64 = (offset: number) => view.getBigUint64(offset, true)
    const number = (offset: number) => Number(u64(offset))
    const zeros = (from: number, to: number) =>
      need(
        bytes.subarray(from, to).every((byte) => byte === 0),
        `bytes ${from} to ${to} are zero`,
      )
    const known = (object: number): Known => {
      const found = objects.get(object)
      if (!found) throw new Error(`record ${records.length + 1} at byte ${at}: object ${object} is there`)
      return found
    }
    const type = u32(0)
    const name = (['begin', 'object', 'freeObjects', 'write', 'free', 'end', undefined, 'spill'] as const)[
      type
    ]
    if (!name) throw new Error(`record ${records.length + 1} at byte ${at}: type ${type} is plain`)
    need((name === 'begin') === (records.length === 0), 'BEGIN comes first and once')
    need(records.at(-1)?.name !== 'end', 'nothing follows END')
    need(u32(4) === 0, 'the payload length is zero')
    const object = name === 'begin' || name === 'end' ? 0 : number(8)
    let payload = 0
    switch (name) {
      case 'begin': {
        const flags = u32(36)
        begin = { zpl5: u64(16) === 0x11n, guid: u64(40), isFull: u64(48) === 0n }
        need(u64(8) === 0x2f5bacbacn, 'the magic')
        need(begin.zpl5 || u64(16) === 1n, 'a snapshot, with no feature but spill blocks')
        need(
          ((flags & 8) !== 0) === begin.zpl5 && (flags & ~9) === 0,
          'the flag for spill blocks goes with the feature',
        )
        need(u32(32) === 2 && begin.guid !== 0n, 'a file system with a guid')
        need(bytes.subarray(56).includes(0x40) && bytes[311] === 0, 'a name with a snapshot, ended by NUL')
        break
      }
      case 'object': {
        const [bonusType, blockSize, bonusBytes] = [u32(20), u32(24), u32(28)]
        payload = Math.ceil(bonusBytes / 8) * 8
        need(object > lastObject, 'objects ascend')
        need(u32(16) > 0 && u32(16) < 54 && bonusType < 54, 'known types')
        need(
          blockSize >= 512 && blockSize % 512 === 0 && blockSize <= MAX_BLOCK,
          'a block size of whole 512 bytes',
        )
        need(
          bonusBytes <= MAX_BONUS && (bonusBytes === 0) === (bonusType === 0),
          'a bonus exactly with a bonus type',
        )
        need(bytes[32] === 0 && bytes[33] === 0, 'checksum and compression are inherited')
        need(bytes[34] === 1, 'one slot')
        need(
          bytes[35] === 0 || (bytes[35] === 4 && begin.zpl5),
          'the flag of a spill block, if any, where it counts',
        )
        need(u64(40) === begin.guid, 'the guid')
        zeros(36, 40)
        zeros(48, 280)
        const before = held.get(object)
        const generation = generationOf(stream.subarray(at + 312, at + 312 + bonusBytes), bonusType)
        if (before?.type === 19 && u32(16) === 19 && before.end > before.blockSize)
          need(
            blockSize >= before.blockSize || generation !== before.generation,
            `a file of several blocks of ${before.blockSize} keeps them`,
          )
        objects.set(object, {
          type: u32(16),
          blockSize,
          hasSpill: bytes[35] === 4,
          hasSpilled: false,
          next: 0,
        })
        need(
          bytes[35] === 0 || bonusBytes <= 192,
          'a bonus that leaves room for the pointer to the spill block',
        )
        break
      }
      case 'write': {
        const { type: objectType, blockSize, next } = known(object)
        const [offset, length] = [number(24), number(32)]
        payload = length
        need(object === lastObject && offset >= next, 'blocks ascend, behind their object')
        need(u32(16) === objectType, 'the type of the object')
        need(length === blockSize && offset % blockSize === 0, 'exactly one block')
        need(offset === 0 || (blockSize & (blockSize - 1)) === 0, 'several blocks only of a power of two')
        need(bytes[50] === 0 && u64(96) === 0n, 'no compression')
        need(u64(40) === begin.guid, 'the guid')
        zeros(20, 24)
        zeros(51, 280)
        known(object).next = offset + length
        break
      }
      case 'spill': {
        const owner = known(object)
        const length = number(16)
        payload = length
        need(
          object === lastObject && owner.hasSpill && !owner.hasSpilled,
          'one spill block, of an object that has it',
        )
        need(length >= 512 && length % 512 === 0 && length <= MAX_BLOCK, 'a spill block of whole 512 bytes')
        need(u64(24) === begin.guid, 'the guid')
        zeros(32, 280)
        owner.hasSpilled = true
        break
      }
      case 'free':
      case 'freeObjects':
        need(!begin.isFull, 'a full stream frees nothing')
        break
      case 'end':
        need(u64(40) === begin.guid, 'the guid')
        zeros(48, 280)
        break
    }
    at += 312 + payload
    if (name === 'object' || name === 'write') lastObject = object
    records.push({ name, object })
  }
  need(records.at(-1)?.name === 'end', 'END comes last')
  for (const [object, { type, hasSpill, hasSpilled, next }] of objects) {
    if (hasSpill !== hasSpilled) throw new Error(`object ${object} was announced with a spill block`)
    // in an increment it may keep those that it had
    if (begin.isFull && type !== 19 && next === 0)
      throw new Error(`object ${object} of type ${type} has no block`)
  }
  return records
}
