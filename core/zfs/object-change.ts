// What an OBJECT record does to the object that was there before (zfs-stream.md 11 items 1 and 5).
import { isSymlink, ModeType, TYPE_BITS } from './attributes/node-attributes.ts'
import { peekFileFacts } from './attributes/peek.ts'
import { ObjectType, type StreamObject } from './object-set.ts'

type Attributes = Pick<StreamObject, 'type' | 'bonusType' | 'bonus' | 'blockSize' | 'slots'>

export interface ObjectChange {
  /** else the object has no data from here on */
  keepsData: boolean
  keepsSpill: boolean
  /** whether it is a file now, so far as its attributes say */
  isFile: boolean
  /** of a file; undefined when its attributes do not say */
  size: number | undefined
}

/** `hasSpill` is what the record's flags say, undefined when they do not count. */
export function changeOf(
  old: Attributes | undefined,
  now: Attributes,
  hasSpill: boolean | undefined,
  littleEndian: boolean,
): ObjectChange {
  const [before, after] = [old && factsOf(old, littleEndian), factsOf(now, littleEndian)]
  const isFile =
    now.type === ObjectType.file && (after === undefined || (after.mode & TYPE_BITS) === ModeType.file)
  const file = { isFile, size: after && Number(after.size) }
  if (old?.type !== now.type || old.slots !== now.slots)
    return { keepsData: false, keepsSpill: false, ...file }
  const isSame = before?.generation === after?.generation
  // A sender that now sends large blocks says so by the block size of files that have more than one.
  const onlyLarger =
    isSame &&
    now.type === ObjectType.file &&
    now.blockSize > old.blockSize &&
    (before?.size ?? 0n) > BigInt(old.blockSize)
  const keepsData =
    (old.blockSize === now.blockSize || onlyLarger) && isKept(old, littleEndian) === isKept(now, littleEndian)
  return { keepsData, keepsSpill: isSame && hasSpill !== false, ...file }
}

/** Whether the blocks of an object are metadata: of all but files, and of symlinks, whose target may lie there. */
export function isKept(object: Attributes, littleEndian: boolean): boolean {
  if (object.type !== ObjectType.file) return true
  const facts = factsOf(object, littleEndian)
  return facts !== undefined && isSymlink(facts.mode)
}

function factsOf({ bonus, bonusType }: Attributes, littleEndian: boolean) {
  return peekFileFacts(bonus, bonusType, littleEndian)
}
