// The stand-alone script that restores the zones of an archived system.
import type { AttachPolicy } from '#core/attach-policy.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ArchiveRow } from '#core/system-archive/finding.ts'
import { interfacesOf, type InterfaceMap } from '#core/system-archive/map-interfaces.ts'
import { renderRestoreScript } from '#core/system-archive/restore-script.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'

/** @throws TemplateNotFound, VersionNotFound, NoCapturedZones, InterfaceUnknown for one that no zone has */
export async function renderRestore(
  wanted: {
    template: string
    version: string
    map: InterfaceMap
    allow: readonly ArchiveRow[]
    attach: AttachPolicy
  },
  { catalog, library }: { catalog: TemplateCatalog; library: string },
): Promise<string> {
  const { template, map, allow, attach } = wanted
  const { manifest } = await catalog.getVersion(template, wanted.version)
  const { capturedZones: zones = [], version, osFamily } = manifest
  if (zones.length === 0)
    throw new ProvisionError(
      'conflict',
      'NoCapturedZones',
      `${template}@${version} carries no zones, expected a system that was archived with its zones`,
    )
  const known = new Set(zones.flatMap((zone) => interfacesOf(zone, osFamily)))
  const unknown = Object.keys(map).find((name) => !known.has(name))
  if (unknown !== undefined)
    throw new ProvisionError(
      'invalid',
      'InterfaceUnknown',
      `no zone of ${template}@${version} has an interface ${unknown}, expected ${[...known].join(', ') || 'no map'}`,
    )
  return renderRestoreScript(
    { template, version, zones },
    { osFamily, interfaceMap: map, allow, attach },
    library,
  )
}
