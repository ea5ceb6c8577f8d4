import { z } from 'zod'
import { Md5, Sha1, Sha256 } from './digest.ts'
import { Archiver } from './flar/archiver.ts'
import type { OsRelease } from './host.ts'
import { HostName, TemplateName, VersionName, ZoneName } from './names.ts'
import { HeldFinding } from './system-archive/finding.ts'

/** What kind of bytes an artifact is, before compression. */
export const ArtifactFormat = z.enum(['tar', 'cpio', 'zfs', 'zfs-incremental', 'layer', 'flar'])
export type ArtifactFormat = z.infer<typeof ArtifactFormat>

export const Compression = z.enum(['none', 'gzip', 'xz', 'bzip2', 'zstd'])
export type Compression = z.infer<typeof Compression>

/** Whether an archive's top level is a zonepath (`root/`, `SUNWdetached.xml`) or a zoneroot (`etc/`, `usr/`…); jumpstart.md 4.10. */
export const ArchiveLayout = z.enum(['zonepath', 'zoneroot'])
export type ArchiveLayout = z.infer<typeof ArchiveLayout>

/** What a verified ZFS stream says of itself (zfs-stream.md 1 and 5). */
export const ZfsFacts = z.object({
  /** version of the file system: 1 to 5. This, `objects` and `hidden` are absent for increments whose base is not here */
  zplVersion: z.int().optional(),
  /** features that its header announces, by the names of core/zfs/features.ts */
  features: z.array(z.string()),
  /** the oldest pool that can receive it: a version, or `features` for one with feature flags */
  pool: z.union([z.int(), z.literal('features')]),
  /** whether it is a package (`zfs send -p`, `-R`) */
  isPackage: z.boolean(),
  byteOrder: z.enum(['little', 'big']),
  /** objects of the file system, files and what describes them */
  objects: z.int().nonnegative().optional(),
  /** what it holds that no index shows */
  hidden: z
    .object({
      /** extended attributes */
      xattrs: z.int().nonnegative(),
      /** files that were removed and still open */
      unlinked: z.int().nonnegative(),
      sockets: z.int().nonnegative(),
      /** device nodes below dev/ and devices/ that no archive may have */
      devices: z.int().nonnegative(),
    })
    .optional(),
  /** what is worth a word and no refusal */
  notices: z.array(z.string()),
  /** an archive of the same version that has the very same tree, as far as files go but for their times */
  sameTreeAs: Sha256.optional(),
})
export type ZfsFacts = z.infer<typeof ZfsFacts>

/** What a flash archive says of itself (jumpstart.md 4.2); the artifact's `compression` is that of the file, which is none. */
export const FlarFacts = z.object({
  contentName: z.string().max(256),
  archiver: Archiver,
  /** of the archive section */
  payloadCompression: z.enum(['none', 'compress']),
  /** it does not say so, which no installer forgives; absent: it does */
  hidesCompression: z.literal(true).optional(),
  type: z.enum(['FULL', 'DIFFERENTIAL']),
  creationMaster: z.string().max(256).optional(),
  /** `uname -m` values it may be installed on; empty: any */
  architectures: z.array(z.string().max(64)).max(64),
  /** what is worth a word and no refusal */
  notices: z.array(z.string()).optional(),
})
export type FlarFacts = z.infer<typeof FlarFacts>

/** One packaged form of a version; its bytes are the blob `sha256`. */
export const Artifact = z.object({
  format: ArtifactFormat,
  compression: Compression,
  sha256: Sha256,
  sha1: Sha1,
  /** hex; imgadm compares it. Absent in versions of before it was kept */
  md5: Md5.optional(),
  /** bytes, as stored */
  size: z.int().nonnegative(),
  /** bytes after decompression */
  uncompressedSize: z.int().nonnegative(),
  /** absent for increments whose base is not here, and for layers */
  layout: ArchiveLayout.optional(),
  /** number of entries in the index; absent where `layout` is */
  entries: z.int().nonnegative().optional(),
  /** ZFS only: `dataset@snapshot` as written in the stream */
  snapshot: z.string().optional(),
  /** ZFS only: guid of the snapshot, decimal */
  guid: z.string().optional(),
  /** zfs-incremental only: guid of the snapshot it starts from, decimal */
  fromGuid: z.string().optional(),
  /** ZFS only; absent in versions of before streams were read */
  zfs: ZfsFacts.optional(),
  /** flar only */
  flar: FlarFacts.optional(),
  /** layer only: the archive of the origin to whose tree it applies (docs/layer-format.md) */
  base: Sha256.optional(),
  /** the artifact of the same version that it was converted from (docs/conversion.md) */
  derivedFrom: Sha256.optional(),
})
export type Artifact = z.infer<typeof Artifact>

export const OsFamily = z.enum(['solaris10', 'illumos', 'linux'])
export type OsFamily = z.infer<typeof OsFamily>

/** The family of the systems that a host of this release runs. */
export function familyOfRelease(release: OsRelease): Exclude<OsFamily, 'linux'> {
  return release === 'illumos' ? 'illumos' : 'solaris10'
}

/** A package or patch of the SVR4 inventory that a detached manifest carries (zones.md 4.1), in file order. */
export const InventoryItem = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('package'), name: z.string(), version: z.string() }),
  z.object({
    kind: z.literal('patch'),
    id: z.string(),
    obsoletes: z.array(z.string()),
    incompatible: z.array(z.string()),
  }),
])
export type InventoryItem = z.infer<typeof InventoryItem>

/** `zone`: a detached zone, to be cloned. `system`: the root of a golden global zone, to be installed on bare hosts. */
export const TemplateKind = z.enum(['zone', 'system'])
export type TemplateKind = z.infer<typeof TemplateKind>

/** What a captured zone can carry of each severity. */
export const MAX_FINDINGS = 256

/** A zone that was detached and travels inside a system's archive, with what it takes to attach it again. */
export const CapturedZone = z.object({
  name: ZoneName,
  /** `configured`: it had no files, and is only configured again */
  state: z.enum(['configured', 'installed']).default('installed'),
  /** before the archive was made: it is booted again */
  wasRunning: z.boolean().default(false),
  /** absolute, in the system */
  zonepath: z.string().max(1023),
  brand: z.string().max(32),
  autoboot: z.boolean(),
  /** zonecfg export text (zones.md 2.9) */
  zonecfg: z.string().max(256 * 1024),
  /** what of it may not work elsewhere, in words (zones.md 8.1) */
  warnings: z.array(z.string().max(1024)).max(MAX_FINDINGS),
  /** what somebody allowed though it does not work elsewhere by itself; a restore leaves the zone until that is allowed too */
  held: z.array(HeldFinding).max(MAX_FINDINGS).default([]),
})
export type CapturedZone = z.infer<typeof CapturedZone>

/** Everything that travels with a version of a template. Immutable once the version is ready. */
export const Manifest = z.object({
  template: TemplateName,
  version: VersionName,
  /** absent: a zone */
  kind: TemplateKind.optional(),
  /** of a system that was archived with its zones: in the order in which they boot */
  capturedZones: z.array(CapturedZone).max(256).optional(),
  brand: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'expected a brand such as native, lx, lipkg'),
  osFamily: OsFamily,
  /** e.g. `s10u8`, `illumos`, `debian-12` */
  osRelease: z.string().max(64).optional(),
  /** e.g. `i86pc`, `sun4u`, `x86_64` */
  arch: z.string().max(32).optional(),
  /** zonecfg export text of the template's configuration (zones.md 2.9) */
  zonecfg: z
    .string()
    .max(256 * 1024)
    .optional(),
  origin: z.object({ template: TemplateName, version: VersionName }).optional(),
  artifacts: z.array(Artifact),
  inventory: z.array(InventoryItem).optional(),
  /** how it was made */
  madeBy: z.enum(['upload', 'package', 'build', 'import']),
  /** the zone that was packaged; a snapshot of it stays on that host as long as the version does */
  madeFrom: z.object({ host: HostName, zone: ZoneName }).optional(),
  /** the API token's name, or the build's id */
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  notes: z
    .string()
    .max(16 * 1024)
    .optional(),
})
export type Manifest = z.infer<typeof Manifest>

/** What an uploader may say about the template beside the bytes; a SUNWdetached.xml inside the archive fills what is not said. */
export const VersionFacts = Manifest.pick({
  kind: true,
  osRelease: true,
  arch: true,
  zonecfg: true,
  origin: true,
  notes: true,
}).extend({
  version: VersionName.optional(),
  brand: Manifest.shape.brand.optional(),
  osFamily: OsFamily.optional(),
})
export type VersionFacts = z.infer<typeof VersionFacts>

/** Extensions by which an artifact is fetched: `/flash/mysql/stable.tar.zst`. */
const formatExtension: Record<ArtifactFormat, string> = {
  tar: 'tar',
  cpio: 'cpio',
  zfs: 'zfs',
  'zfs-incremental': 'izfs',
  layer: 'layer.tar',
  flar: 'flar',
}
const compressionExtension: Record<Compression, string> = {
  none: '',
  gzip: '.gz',
  xz: '.xz',
  bzip2: '.bz2',
  zstd: '.zst',
}

/** Whether it is a ZFS stream, full or incremental. */
export function isStream({ format }: Pick<Artifact, 'format'>): boolean {
  return format === 'zfs' || format === 'zfs-incremental'
}

/** Whether it is a whole tree as an archive. */
export function isArchive({ format }: Pick<Artifact, 'format'>): boolean {
  return format === 'tar' || format === 'cpio' || format === 'flar'
}

/** `tar.gz`, `zfs`, `cpio.bz2`, … */
export function artifactExtension(artifact: Pick<Artifact, 'format' | 'compression'>): string {
  return formatExtension[artifact.format] + compressionExtension[artifact.compression]
}

/** Its extension; where others of the version have the same one, also what tells it from them: `zfs (ZPL 5)`. */
export function formName(
  artifact: Artifact,
  { artifacts }: { readonly artifacts: readonly Artifact[] },
): string {
  const extension = artifactExtension(artifact)
  const alike = artifacts.filter((one) => artifactExtension(one) === extension)
  if (alike.length < 2) return extension
  const { layout } = artifact
  if (isStream(artifact) && layout !== undefined && alike.filter((one) => one.layout === layout).length === 1)
    return `${extension} (${layout})`
  const zpl = artifact.zfs?.zplVersion
  const isTold = zpl !== undefined && alike.filter(({ zfs }) => zfs?.zplVersion === zpl).length === 1
  return `${extension} (${isTold ? `ZPL ${zpl}` : artifact.sha256.slice(0, 12)})`
}
