// How a zone is attached whose packages differ from the host's.
import { z } from 'zod'

/** strict: plain attach; update: -u; force: -F */
export const AttachPolicy = z.enum(['strict', 'update', 'force'])
export type AttachPolicy = z.infer<typeof AttachPolicy>
