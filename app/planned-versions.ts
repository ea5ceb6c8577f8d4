// Which versions the plan of an install fetches, clones or installs.
import { z } from 'zod'
import { TemplateName, VersionName } from '#core/names.ts'
import type { VersionId } from './ports/catalog.ts'

const Planned = z.object({
  zones: z.array(z.object({ template: z.string(), version: z.string() })),
  templates: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  system: z.object({ template: z.string(), version: z.string() }).optional(),
})

/** The versions that a stored plan refers to; none for what is no plan. */
export function plannedVersions(plan: unknown): { template: string; version: string }[] {
  const { zones, templates, system } = Planned.safeParse(plan).data ?? { zones: [], templates: [] }
  const all = [
    ...templates.map(({ name, version }) => ({ template: name, version })),
    ...zones,
    ...(system ? [system] : []),
  ]
  const byName = new Map(
    all.map(({ template, version }) => [`${template}@${version}`, { template, version }]),
  )
  // In one order everywhere: whoever holds several rows takes them in it.
  return [...byName.keys()].toSorted().flatMap((name) => byName.get(name) ?? [])
}

const WithSystem = z.object({ system: z.object({ template: TemplateName, version: VersionName }) })

/** The version of the system in a stored plan, where it has one. */
export function plannedSystemOf(plan: unknown): VersionId | undefined {
  return WithSystem.safeParse(plan).data?.system
}
