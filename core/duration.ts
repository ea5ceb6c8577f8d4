import { z } from 'zod'

/** A span of time as people write it: `90s`, `30m`, `2h`, `7d`; the value is milliseconds. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,5}[smhd]$/, 'expected a duration such as 90s, 30m, 2h or 7d')
  .transform((text) => Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? 0))
export type Duration = z.infer<typeof Duration>

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
