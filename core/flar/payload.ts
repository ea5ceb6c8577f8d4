// Tells from its first bytes what the archive section of a flash archive is (jumpstart.md 4.8).
import { LZW_MAGIC } from '../archive/lzw.ts'
import { describeUnknown, sniffFormat } from '../archive/sniff.ts'
import type { Archiver } from './archiver.ts'

interface FoundPayload {
  compression: 'none' | 'compress'
  /** undefined when it is compressed, or nothing that we know */
  archiver?: Archiver
}

/** `head`: at least SNIFF_BYTES of the section, or all of it. */
export function sniffPayload(head: Uint8Array): FoundPayload {
  if (LZW_MAGIC.every((byte, index) => head[index] === byte)) return { compression: 'compress' }
  const format = sniffFormat(head)
  if (format === 'cpio') return { compression: 'none', archiver: 'cpio' }
  if (format === 'tar') return { compression: 'none', archiver: 'pax' }
  return { compression: 'none' }
}

/** The same in words. */
export function describePayload(head: Uint8Array): string {
  const { compression, archiver } = sniffPayload(head)
  if (compression === 'compress') return 'compressed'
  if (archiver === undefined) return describeUnknown(head)
  return archiver === 'cpio' ? 'a plain cpio' : 'a plain pax'
}
