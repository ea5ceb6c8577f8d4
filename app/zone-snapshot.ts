// The snapshot of a zone's dataset that a version's ZFS streams are sent from.
import { ProvisionError } from '#core/errors.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { HostShell } from './ports/hosts.ts'

export const ZFS = '/usr/sbin/zfs'

export function snapshotName(dataset: string, version: string): string {
  return `${dataset}@zoneflash-${version}`
}

/** The file system that is mounted at the zonepath; undefined also when the host has no ZFS. */
export async function findDataset(shell: HostShell, zonepath: string): Promise<string | undefined> {
  const list = await shell
    .run([ZFS, 'list', '-H', '-t', 'filesystem', '-o', 'name,mountpoint'])
    .catch(whenCommandFailed)
  const fields = (list ?? '').split('\n').map((line) => line.split('\t'))
  return fields.find(([, mountpoint]) => mountpoint === zonepath)?.[0]
}

/** The guid of a snapshot, decimal (-p: old releases print it as 5.82E otherwise); undefined when there is none. */
export async function guidOf(shell: HostShell, snapshot: string): Promise<string | undefined> {
  const value = await shell
    .run([ZFS, 'get', '-H', '-p', '-o', 'value', 'guid', snapshot])
    .catch(whenCommandFailed)
  return value?.trim()
}

/**
 * `needed`: a version was sent from it, and increments to that version will be. `busy`: a clone or a reader holds it.
 * @throws HostUnreachable
 */
export async function destroyUnlessNeeded(
  shell: HostShell,
  snapshot: string,
  catalog: TemplateCatalog,
): Promise<'gone' | 'needed' | 'busy'> {
  const guid = await guidOf(shell, snapshot)
  if (guid === undefined) return 'gone'
  if (await isNeeded(guid, catalog)) return 'needed'
  const destroyed = await shell.run([ZFS, 'destroy', snapshot]).catch(whenCommandFailed)
  return destroyed === undefined ? 'busy' : 'gone'
}

async function isNeeded(guid: string, catalog: TemplateCatalog): Promise<boolean> {
  for (const { name } of await catalog.listTemplates()) {
    const versions = await catalog.listVersions(name)
    if (versions.some(({ manifest }) => manifest.artifacts.some((artifact) => artifact.guid === guid)))
      return true
  }
  return false
}

export function whenCommandFailed(error: unknown): undefined {
  if (error instanceof ProvisionError && error.code === 'CommandFailed') return undefined
  throw error
}
