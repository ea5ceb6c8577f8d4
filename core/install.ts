import { z } from 'zod'

/** One line of an install's timeline, as the script on the host reports it. */
export const InstallEvent = z.object({
  /** unique within the install: a retried report is recorded once */
  id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  /** `install` for the whole run, else the step's name, e.g. `fetch` */
  step: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** the zone it concerns; absent for the whole run */
  zone: z.string().max(64).optional(),
  state: z.enum(['started', 'done', 'skipped', 'failed']),
  /** last lines of output */
  message: z.string().max(8192).optional(),
  /** seconds since the epoch, the host's clock */
  at: z.int().optional(),
})
export type InstallEvent = z.infer<typeof InstallEvent>
