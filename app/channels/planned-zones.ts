// Which zone of an install was to be made from which version, which flash zone holds it, and which system the host gets.
import { z } from 'zod'
import type { VersionId } from '../ports/catalog.ts'

const Planned = z.object({
  zones: z.array(z.object({ name: z.string(), template: z.string(), version: z.string() })),
  templates: z.array(z.object({ name: z.string(), version: z.string(), flashZone: z.string() })).default([]),
  system: z.object({ template: z.string(), version: z.string() }).optional(),
})

export interface PlannedZone {
  zone: string
  template: string
  version: string
}

/** What the host itself is installed with, where that is so. */
export function plannedSystem(plan: unknown): VersionId | undefined {
  return Planned.safeParse(plan).data?.system
}

/** The zones of a stored plan, and apart from them the flash zones; none of what is no plan. */
export function plannedZones(plan: unknown): { zones: PlannedZone[]; flashZones: PlannedZone[] } {
  const { zones, templates } = Planned.safeParse(plan).data ?? { zones: [], templates: [] }
  return {
    zones: zones.map(({ name, template, version }) => ({ zone: name, template, version })),
    flashZones: templates.map(({ flashZone, name, version }) => ({
      zone: flashZone,
      template: name,
      version,
    })),
  }
}
