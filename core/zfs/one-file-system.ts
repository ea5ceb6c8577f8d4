// Sees to it that the snapshots of a package are those of one file system: a template is one.
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { shownPlace } from './header-fields.ts'
import type { RecordPlace, RecordSink, StreamRecord } from './records.ts'

export class OneFileSystem implements RecordSink {
  readonly #next: RecordSink | undefined
  #first: string | undefined

  constructor(next?: RecordSink) {
    this.#next = next
  }

  /** @throws UnsupportedZfsStream at the second file system */
  record(record: StreamRecord, place: RecordPlace): void {
    if (record.type === 'begin' && record.headerType === 1) {
      const dataset = datasetOf(record.toName)
      this.#first ??= dataset
      if (dataset !== this.#first) {
        throw refusal(
          'UnsupportedZfsStream',
          `the zfs package holds ${quoted(this.#first)} and, in ${shownPlace(place)}, ${quoted(dataset)}, expected one file system: send it without -R`,
        )
      }
    }
    this.#next?.record(record, place)
  }

  payload(bytes: Uint8Array): void {
    this.#next?.payload(bytes)
  }

  recordEnd(): void {
    this.#next?.recordEnd()
  }
}

/** `pool/dataset` of `pool/dataset@snapshot` */
export function datasetOf(toName: string): string {
  return toName.split('@')[0] ?? ''
}
