// Which zone of an install was to be made from which version, and which flash zone holds it.
import { z } from 'zod'

const Planned = z.object({
  zones: z.array(z.object({ name: z.string(), template: z.string(), version: z.string() })),
  templates: z.array(z.object({ name: z.string(), version: z.string(), flashZone: z.string() })).default([]),
})

export interface PlannedZone {
  zone: string
  template: string
  version: string
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
