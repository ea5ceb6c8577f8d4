/** The forms that a version can be converted to, and what each is. */
import { z } from 'zod'
import { artifactExtension, type Artifact, type ArtifactFormat, type Compression } from '../manifest.ts'

/** Named as an artifact is when it is fetched. */
export const ConversionTarget = z.enum([
  'zfs',
  'zfs.gz',
  'zfs.zst',
  'izfs',
  'tar',
  'tar.gz',
  'tar.zst',
  'tar.bz2',
  'tar.xz',
  'cpio',
  'cpio.gz',
  'cpio.zst',
  'cpio.bz2',
  'cpio.xz',
  'flar',
])
export type ConversionTarget = z.infer<typeof ConversionTarget>

/** Version of the file system in a stream: 4 every receiver takes, 5 those with pools of version 24 and later (zfs-stream.md 12, 15). */
export const ZplVersion = z.union([z.literal(4), z.literal(5)])
export type ZplVersion = z.infer<typeof ZplVersion>

/** docs/decisions/0016-streams-are-written-as-zpl-4.md */
export const defaultZpl: ZplVersion = 4

export type ConvertedFormat = Exclude<ArtifactFormat, 'layer'>

const formats: Record<string, ConvertedFormat> = {
  zfs: 'zfs',
  izfs: 'zfs-incremental',
  tar: 'tar',
  cpio: 'cpio',
  flar: 'flar',
}
const compressions: Record<string, Compression> = {
  '': 'none',
  gz: 'gzip',
  zst: 'zstd',
  bz2: 'bzip2',
  xz: 'xz',
}

/** What the target is before and by its compression. */
export function partsOf(target: ConversionTarget): { format: ConvertedFormat; compression: Compression } {
  const [name = '', suffix = ''] = target.split('.')
  const [format, compression] = [formats[name], compressions[suffix]]
  if (format === undefined || compression === undefined) throw new Error(`${target} is no form`)
  return { format, compression }
}

/** Whether it is a ZFS stream, full or incremental. */
export function isStreamTarget(target: ConversionTarget): boolean {
  return partsOf(target).format.startsWith('zfs')
}

/** The artifact that is what the conversion would give; without `zpl` any version of the file system will do. */
export function findConverted(
  artifacts: readonly Artifact[],
  target: ConversionTarget,
  zpl?: ZplVersion,
): Artifact | undefined {
  return artifacts.find(
    (artifact) =>
      artifactExtension(artifact) === target &&
      (zpl === undefined || !isStreamTarget(target) || artifact.zfs?.zplVersion === zpl),
  )
}
