// Bytes that files need on a disk, as `files_unarchived_size` counts them (jumpstart.md 4.2).

/** What a file system gives out at least: the fragment of UFS. */
const FRAGMENT = 1024

/** What a file of so many bytes takes on a disk: also an empty one needs something. */
export function bytesOnDisk(size: number): number {
  return Math.max(1, Math.ceil(size / FRAGMENT)) * FRAGMENT
}
