import { z } from 'zod'

/** How long versions of a template stay that nothing uses. */
export const Retention = z.strictObject({
  /** so many of the newest ready versions stay in any case */
  keepLast: z.int().min(1).max(1000).default(5),
  /** what is younger than so many days stays too */
  keepDays: z.int().min(0).max(3650).default(14),
})
export type Retention = z.infer<typeof Retention>

/** For templates whose recipe says nothing, and for those that were uploaded. */
export const defaultRetention: Retention = Retention.parse({})

export const DAY_MS = 86_400_000
