// The forms that a version can be converted to, and what each is.
import { z } from 'zod'
import type { ArchiveLayout, Artifact, ArtifactFormat, Compression } from '../manifest.ts'

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
  // root file systems as kayak receives them: a stream whose snapshot is called kayak (docs/clients/kayak.md)
  'kayak.xz',
  'kayak.gz',
  'kayak.bz2',
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
  kayak: 'zfs',
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

/** What the snapshot in a target's stream has to be called; undefined: anything. */
export function snapshotOf(target: ConversionTarget): string | undefined {
  return target.startsWith('kayak.') ? KAYAK : undefined
}

/** kayak destroys a snapshot of this name when it has received the stream (jumpstart.md 6.1). */
const KAYAK = 'kayak'

/** Whether it is a ZFS stream, full or incremental. */
export function isStreamTarget(target: ConversionTarget): boolean {
  return partsOf(target).format.startsWith('zfs')
}

/** Whether a layout may be asked for: increments have that of what they build on, archives that of what they are made of. */
export function hasChosenLayout(target: ConversionTarget): boolean {
  return partsOf(target).format === 'zfs' && snapshotOf(target) === undefined
}

/**
 * The artifact that is what the conversion would give; without `zpl` any version of the file system will do, without `layout`
 * any layout. One that is asked for by its layout is for image clients, who take no packages.
 */
export function findConverted(
  artifacts: readonly Artifact[],
  target: ConversionTarget,
  zpl?: ZplVersion,
  layout?: ArchiveLayout,
): Artifact | undefined {
  const snapshot = snapshotOf(target)
  const { format, compression } = partsOf(target)
  return artifacts.find(
    (artifact) =>
      artifact.format === format &&
      artifact.compression === compression &&
      (snapshot === undefined || artifact.snapshot?.endsWith(`@${snapshot}`)) &&
      (zpl === undefined || !isStreamTarget(target) || artifact.zfs?.zplVersion === zpl) &&
      isLaidOut(artifact, layout),
  )
}

/** Whether a stream has this layout, where one is wanted, and is one of a single snapshot. */
export function isLaidOut({ layout, zfs }: Artifact, wanted: ArchiveLayout | undefined): boolean {
  return wanted === undefined || (layout === wanted && zfs?.isPackage !== true)
}
