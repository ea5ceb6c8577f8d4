// About how long a way to a template or a zone takes. A small model for comparing ways, no promise: bytes by rates, and what each
// way costs whatever its size. docs/personal-streams.md says where the numbers come from.
import type { AttachPolicy } from '../attach-policy.ts'
import type { Artifact, ArtifactFormat, Compression } from '../manifest.ts'

/** Bytes a second that come over the network: a wire of one gigabit. */
const network = 110e6

/** Bytes a second, after decompression, that a host unpacks into its file system, or receives. */
const unpacked: Record<ArtifactFormat, number> = {
  tar: 150e6,
  cpio: 100e6,
  layer: 100e6,
  flar: 100e6,
  zfs: 200e6,
  'zfs-incremental': 200e6,
}

/** Bytes a second, after decompression, that one processor of the host undoes. */
const decompressed: Record<Compression, number> = {
  none: Infinity,
  gzip: 250e6,
  bzip2: 30e6,
  xz: 70e6,
  zstd: 600e6,
}

/**
 * Seconds that each step costs, whatever the size: how the steps of the demo's install relate to each other, with the configuration
 * of a zone taken for 0.3.
 */
const step = {
  /** requests, a dataset of its own, its name */
  fetch: 0.5,
  /** a zone's configuration */
  configure: 0.3,
  /** that of the flash zone, without what belongs to the golden host */
  configureFlash: 1.1,
  /** attach that only looks */
  attach: 0.3,
  /** attach that brings packages and patches to the level of the host */
  update: 120,
  /** snapshot, clone, mount */
  clone: 0.4,
  /** what tells clones apart, file by file, and ssh host keys */
  identity: 0.6,
  /** ssh host keys alone */
  keys: 0.5,
  /** one increment of a few kilobytes, with its request */
  receive: 0.3,
}

/** From the first byte to the template in its place: network, decompression and unpacking run side by side. */
export function secondsToFetch({
  format,
  compression,
  size,
  uncompressedSize,
}: Pick<Artifact, 'format' | 'compression' | 'size' | 'uncompressedSize'>): number {
  const slowest = Math.max(
    size / network,
    uncompressedSize / decompressed[compression],
    uncompressedSize / unpacked[format],
  )
  return rounded(step.fetch + slowest)
}

function attach(policy: AttachPolicy): number {
  return policy === 'update' ? step.update : step.attach
}

/** The flash zone, configured and attached: once for all clones of it. */
export function secondsToAttachFlashZone(policy: AttachPolicy): number {
  return rounded(step.configureFlash + attach(policy))
}

export function secondsToClone(): number {
  return rounded(step.configure + step.clone + step.identity)
}

/** One small receive, then a zone that is attached by itself. */
export function secondsToReceive(bytes: number, policy: AttachPolicy): number {
  return rounded(step.receive + bytes / network + step.configure + attach(policy) + step.keys)
}

/** To a tenth: more would say what nobody knows. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
