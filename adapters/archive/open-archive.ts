// An archive that was taken in, in any of its forms, as the members it has.
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { MemberSink, PushReader } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { WithoutHostDevices } from '#core/archive/without-host-devices.ts'
import type { Artifact } from '#core/manifest.ts'
import { decompress } from './decompress.ts'
import { openFlar } from './open-flar.ts'

export interface OpenArchive {
  /** tells `sink` of the members; to be fed with `chunks`, then finished */
  reader: PushReader
  chunks: AsyncIterable<Uint8Array>
}

/** @throws the codes of core/archive/refusals.ts */
export async function openArchive(
  bytes: AsyncIterable<Uint8Array>,
  { format, compression }: Pick<Artifact, 'format' | 'compression'>,
  sink: MemberSink,
): Promise<OpenArchive> {
  const unpacked = decompress(bytes, compression)
  if (format !== 'flar') return { reader: readerOf(format, sink), chunks: unpacked }
  const flar = await openFlar(unpacked)
  return { reader: readerOf(flar.format, new WithoutHostDevices(sink)), chunks: flar.payload }
}

function readerOf(format: Artifact['format'], sink: MemberSink): PushReader {
  return format === 'cpio' ? new CpioReader(sink) : new TarReader(sink)
}
