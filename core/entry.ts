import { z } from 'zod'

export const EntryType = z.enum(['file', 'directory', 'symlink', 'hardlink', 'block', 'character', 'fifo'])
export type EntryType = z.infer<typeof EntryType>

/** One line of an artifact's index. `path` is relative, without `./`, in the archive's own layout. */
export const Entry = z.object({
  path: z.string(),
  type: EntryType,
  /** permission bits with setuid, setgid and sticky: 0 to 0o7777 */
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  /** bytes; 0 unless a file */
  size: z.int(),
  /** seconds since the epoch */
  mtime: z.int(),
  /** target of a symlink, or the path that a hardlink shares */
  link: z.string().optional(),
  /** of the contents, files only */
  sha256: z.string().optional(),
  /** `major,minor` of a device node */
  device: z.string().optional(),
})
export type Entry = z.infer<typeof Entry>
