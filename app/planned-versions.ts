// Which versions the plan of an install fetches.
import { z } from 'zod'

const PlannedZones = z.object({ zones: z.array(z.object({ template: z.string(), version: z.string() })) })

/** The versions that a stored plan refers to; none for what is no plan. */
export function plannedVersions(plan: unknown): { template: string; version: string }[] {
  return PlannedZones.safeParse(plan).data?.zones ?? []
}
