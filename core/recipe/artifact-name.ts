import { z } from 'zod'

/** A packaged form that a build can be asked for. */
export const ArtifactName = z.enum(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'])
export type ArtifactName = z.infer<typeof ArtifactName>
