// Which snapshots a stream or package brings one after the other, and whether each continues the one before (zfs-stream.md 1.9, 11).
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { ProvisionError } from '../errors.ts'
import { unreadable, type Unreadable } from './features.ts'
import { shownPlace } from './header-fields.ts'
import type { BeginInfo, BeginRecord, RecordPlace } from './records.ts'

/** A snapshot whose contents nobody but its pool can read, and where it begins. */
export type UnreadableSnapshot = Unreadable & { begin: BeginInfo; place: RecordPlace }

export class SnapshotSequence {
  /** the last one that is whole; undefined for none */
  #held: BeginInfo | undefined
  #current: BeginInfo | undefined
  #count = 0
  #unreadable: UnreadableSnapshot | undefined

  /** `base` is the snapshot that an increment starts from. */
  constructor(base?: BeginInfo) {
    this.#held = base
  }

  /** The snapshot whose records are to be applied; undefined in a preamble, and from an unreadable one on. */
  get current(): BeginInfo | undefined {
    return this.#current
  }

  get unreadable(): UnreadableSnapshot | undefined {
    return this.#unreadable
  }

  /** The last snapshot. @throws UnsupportedZfsStream when there is none, or one cannot be read */
  held(): BeginInfo {
    const without = this.#unreadable
    if (without !== undefined) {
      throw refusal(
        'UnsupportedZfsStream',
        `the zfs stream of ${quoted(without.begin.toName)} is ${without.feature} (${shownPlace(without.place)}), expected ${without.advice}`,
      )
    }
    if (this.#held !== undefined && this.#count > 0) return this.#held
    throw refusal('UnsupportedZfsStream', 'the zfs package holds no snapshot')
  }

  /** @throws OriginMismatch, UnsupportedZfsStream */
  onBegin({ type: _type, payloadBytes: _payload, ...begin }: BeginRecord, place: RecordPlace): void {
    if (begin.headerType !== 1 || this.#unreadable !== undefined) return
    const without = unreadable(begin)
    if (without !== undefined) {
      this.#unreadable = { ...without, begin, place }
      return
    }
    this.#checkBase(begin)
    this.#current = begin
  }

  onEnd(): void {
    if (this.#current === undefined) return
    this.#held = this.#current
    this.#current = undefined
    this.#count += 1
  }

  /** An increment continues what is held, and nothing else does. */
  #checkBase(begin: BeginInfo): void {
    const held = this.#held
    const needed = begin.fromGuid === '0' ? undefined : begin.fromGuid
    if (held?.toGuid !== needed) {
      const what = needed === undefined ? 'a full one' : `an increment from the snapshot of guid ${needed}`
      const expected =
        held === undefined ? 'a full one' : `one from ${quoted(held.toName)} (guid ${held.toGuid})`
      throw new ProvisionError(
        'invalid',
        'OriginMismatch',
        `the zfs stream of ${quoted(begin.toName)} is ${what}, expected ${expected}`,
      )
    }
    if (held !== undefined && held.littleEndian !== begin.littleEndian) {
      throw refusal(
        'UnsupportedZfsStream',
        `the zfs stream of ${quoted(begin.toName)} has another byte order than its base ${quoted(held.toName)}, expected the same`,
      )
    }
  }
}
