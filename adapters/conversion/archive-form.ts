// What a conversion to an archive asks of those who pack, and what it gets.
import type { StoredBlob } from '#app/ports/blobs.ts'
import type { ConversionRequest } from '#app/ports/conversion.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'
import type { ArchiveForm } from '../packaging/packing.ts'

export function archiveFormOf({ format, compression }: ConversionRequest['to']): ArchiveForm {
  if (format === 'tar' || format === 'cpio') return { format, compression }
  throw new Error(`${format} is no archive`)
}

/** @throws CannotConvert when it could not be made */
export function onlyForm(
  [artifact]: readonly (Artifact & StoredBlob)[],
  { format }: ConversionRequest['to'],
): StoredBlob {
  if (artifact) {
    const { sha256, sha1, md5, size } = artifact
    return { sha256, sha1, md5, size }
  }
  throw new ProvisionError(
    'conflict',
    'CannotConvert',
    `a file of the tree has more than 4294967295 bytes, which ${format} cannot hold, expected tar or zfs`,
  )
}
