// Which snapshot a stream gives first: what it needs is known before anything of it is applied.
import { RecordReader } from '#core/zfs/record-reader.ts'
import type { BeginInfo } from '#core/zfs/records.ts'

export interface FirstSnapshot {
  begin: BeginInfo | undefined
  /** others may follow it */
  isInPackage: boolean
  all: AsyncIterable<Uint8Array>
}

/**
 * The first BEGIN of a snapshot, and all of the stream. What comes before it is held: nothing but the preamble of a package.
 * @throws CorruptStream
 */
export async function firstSnapshot(chunks: AsyncIterable<Uint8Array>): Promise<FirstSnapshot> {
  const rest = chunks[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let begin: BeginInfo | undefined
  let isInPackage = false
  const reader = new RecordReader({
    record: (record) => {
      if (record.type !== 'begin') return
      if (record.headerType === 1) begin ??= record
      else isInPackage = true
    },
    payload: () => {},
    recordEnd: () => {},
  })
  while (begin === undefined) {
    const next = await rest.next()
    if (next.done === true) break
    held.push(next.value)
    reader.push(next.value)
  }
  return { begin, isInPackage, all: chain(held, rest) }
}

async function* chain(held: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) yield chunk
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}
