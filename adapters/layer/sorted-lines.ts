// Lines sorted by their bytes, however many: sort(1) keeps on disk what does not fit in memory.
import { mkdir } from 'node:fs/promises'
import { runFilter } from '../archive/run-filter.ts'

const CHUNK_CHARACTERS = 256 * 1024

/** `directory` is one that is swept. @throws ProgramMissing, FilterFailed; failures of `lines` pass through */
export async function* sortedLines(lines: AsyncIterable<string>, directory: string): AsyncGenerator<string> {
  await mkdir(directory, { recursive: true })
  yield* splitLines(runFilter(['sort', '-S', '64M', '-T', directory], inChunks(lines)))
}

async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const line of lines) {
    text += `${line}\n`
    if (text.length < CHUNK_CHARACTERS) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
