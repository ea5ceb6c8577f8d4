// How the file system that an increment builds on keeps what it has: whatever the increment brings must be in the same form.
import { refusal } from '../../../archive/refusals.ts'
import { readSaTables, type SaTables } from '../../attributes/sa-tables.ts'
import { readMasterNode } from '../../master-node.ts'
import type { ObjectSet } from '../../object-set.ts'

/** Large blocks, large dnodes, long names, large micro ZAPs: who has received the base with them wants to hear of them again. */
const KEPT_FEATURES = (1n << 19n) | (1n << 23n) | (1n << 28n) | (1n << 29n)
/** earlier ones have access lists and flags in other forms */
const MIN_ZPL_VERSION = 3
const LONG_NAMES = 1n << 28n
const MAX_NAME = 255
const MAX_LONG_NAME = 1023
/** directory entries have 48 bits for it; behind this there are enough left */
const MAX_NEXT_OBJECT = 2 ** 47

export interface BaseForm {
  set: ObjectSet
  zpl: number
  littleEndian: boolean
  tables: SaTables | undefined
  saMasterNode: number | undefined
  /** of BEGIN, beside those of the ZPL version */
  features: bigint
  maxNameBytes: number
  /** the first number behind all objects */
  nextObject: number
}

/** @throws CorruptStream, UnsupportedZfsStream for a file system of ZPL 1 or 2, or one that compares names in other ways than by their bytes */
export function baseForm(set: ObjectSet): BaseForm {
  const { begin, objects } = set
  const { zplVersion, normalization, caseSensitivity, saMasterNode } = readMasterNode(set)
  if (normalization !== 0n || caseSensitivity !== 'sensitive') {
    throw refusal(
      'UnsupportedZfsStream',
      `the file system of ${begin.toName} normalizes names or ignores their case, expected one that compares bytes: increments are written for no other`,
    )
  }
  if (zplVersion < MIN_ZPL_VERSION) {
    throw refusal(
      'UnsupportedZfsStream',
      `the file system of ${begin.toName} has ZPL version ${zplVersion}, expected ${MIN_ZPL_VERSION} or later: upgrade it with "zfs upgrade" and send it again`,
    )
  }
  let nextObject = 1
  for (const { number, slots } of objects.values()) nextObject = Math.max(nextObject, number + slots)
  if (nextObject > MAX_NEXT_OBJECT) {
    throw refusal(
      'UnsupportedZfsStream',
      `the file system of ${begin.toName} has an object ${nextObject - 1}, expected numbers below 2^47: no new ones fit behind it`,
    )
  }
  return {
    set,
    zpl: zplVersion,
    littleEndian: begin.littleEndian,
    tables: readSaTables(set),
    saMasterNode,
    features: begin.features & KEPT_FEATURES,
    maxNameBytes: (begin.features & LONG_NAMES) === 0n ? MAX_NAME : MAX_LONG_NAME,
    nextObject,
  }
}
