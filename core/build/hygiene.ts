import { z } from 'zod'

/** Something in a packaged version that must not travel. */
export const HygieneFinding = z.object({
  /** e.g. `ssh-host-key`, `shadow-hash`, `setuid` */
  rule: z.string(),
  /** in the zone, without a slash at its beginning */
  path: z.string(),
  message: z.string(),
})
export type HygieneFinding = z.infer<typeof HygieneFinding>
