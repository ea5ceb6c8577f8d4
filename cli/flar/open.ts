// The ARCHIVE argument: a flash archive in a file or from stdin, and what its payload holds.
import { peek } from '#adapters/archive/peek.ts'
import { readFlar, type ReadFlar } from '#adapters/archive/read-flar.ts'
import { uncompress } from '#adapters/archive/uncompress.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { MemberSink, PushReader } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { payloadProblem } from '#core/flar/facts.ts'
import { archivedSize, holdsRootPool } from '#core/flar/identification.ts'
import { describePayload, sniffPayload } from '#core/flar/payload.ts'
import type { Complaint } from '#core/problem.ts'
import { refused } from '../failures.ts'
import { shownFile } from '../file-failures.ts'
import { renderName } from '../output.ts'
import { startProgress } from '../progress.ts'
import { bytesOf, sizeOf } from '../stream/files.ts'
import { interruptible, unlessStopped } from '../stream/interrupted.ts'

/** Says what is wrong with the archive, one line each, on stderr. */
export function warn(problems: readonly Complaint[]): void {
  for (const { severity, message } of problems) process.stderr.write(`${severity}: ${renderName(message)}\n`)
}

/** The archive up to its payload; `onBytes` is told of each piece. What its end shows, is said. */
export function openArchiveArgument(file: string, onBytes?: (length: number) => void): Promise<ReadFlar> {
  return readFlar(bytesOf(file, onBytes), ({ problems, payloadBytes }, { identification }) => {
    if (payloadBytes < (archivedSize(identification) ?? 0)) {
      const said = problems.map(({ message }) => message).join('; ')
      throw refused('TruncatedStream', `${shownFile(file)} is cut short: ${said}`)
    }
    warn(problems)
  })
}

/**
 * Opens the archive, says what is wrong with it, and gives it to `work` while the progress is shown as `doing`. Interrupted, it
 * says `undone`.
 */
export function whileReading<T>(
  file: string,
  { doing, undone }: { doing: string; undone: string },
  work: (flar: ReadFlar, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(undone, async (signal) => {
    const progress = startProgress(doing, await sizeOf(file))
    try {
      let read = 0
      const flar = await unlessStopped(
        signal,
        openArchiveArgument(file, (length) => progress.to((read += length))),
      )
      warn(flar.preamble.problems)
      return await work(flar, signal)
    } finally {
      progress.stop()
    }
  })
}

/**
 * Reads the members of the archive section, whatever the identification says of it: its bytes tell what it is, and where the
 * two differ that is said. Comes back after each piece. @throws CorruptStream, TruncatedStream, TooManyBytes
 */
export async function* readMembers(
  { preamble, stored }: ReadFlar,
  sink: MemberSink,
): AsyncGenerator<void, void, undefined> {
  if (holdsRootPool(preamble.identification)) {
    throw refused('FlarInvalid', 'the flash archive holds streams of a ZFS root pool, expected files', {
      advice: 'such an archive is made with flarcreate; -L cpio or -L pax makes one of files',
    })
  }
  const outer = await peek(stored)
  const untrue = payloadProblem(preamble.identification, outer.head)
  if (untrue) warn([untrue])
  const isCompressed = sniffPayload(outer.head).compression === 'compress'
  const inner = await peek(isCompressed ? uncompress(outer.all) : outer.all)
  const reader = readerOf(inner.head, sink)
  for await (const chunk of inner.all) {
    reader.push(chunk)
    yield
  }
  reader.finish()
}

function readerOf(head: Uint8Array, sink: MemberSink): PushReader {
  const { archiver } = sniffPayload(head)
  if (archiver === 'cpio') return new CpioReader(sink)
  if (archiver === 'pax') return new TarReader(sink)
  throw refused(
    'FlarInvalid',
    `the archive section is ${describePayload(head)}, expected cpio or pax, plain or compressed`,
  )
}
