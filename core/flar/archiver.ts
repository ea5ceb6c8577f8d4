// How the files of a flash archive, or of a section with scripts, are stored: `files_archived_method` (jumpstart.md 4.2).
import { z } from 'zod'

export const Archiver = z.enum(['cpio', 'pax'])
export type Archiver = z.infer<typeof Archiver>
