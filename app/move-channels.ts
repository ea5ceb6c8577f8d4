// What becomes of a template's channels when a version is ready, whichever way it came.
import type { TemplateCatalog, VersionRecord } from './ports.ts'

/** `candidate` points at the newest version, `stable` at the first until somebody promotes another. May be called again after a crash. */
export async function moveChannels(
  { manifest, state }: VersionRecord,
  catalog: TemplateCatalog,
): Promise<void> {
  if (state !== 'ready') return
  const { template, version, createdAt } = manifest
  const { channels } = await catalog.getTemplate(template)
  const candidate = channels['candidate'] && (await catalog.getVersion(template, 'candidate'))
  if (!candidate || candidate.manifest.createdAt <= createdAt) {
    await catalog.setChannel(template, 'candidate', version)
  }
  if (channels['stable'] === undefined) await catalog.setChannel(template, 'stable', version)
}
