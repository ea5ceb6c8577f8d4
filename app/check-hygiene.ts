// Searches a packaged version for what must not travel, in an artifact's own index and bytes.
import type { HygieneFinding } from '#core/build/hygiene.ts'
import { ProvisionError } from '#core/errors.ts'
import { Exceptions } from '#core/hygiene/exceptions.ts'
import { findings, setuidFilesOf } from '#core/hygiene/findings.ts'
import type { SetuidFiles } from '#core/hygiene/setuid.ts'
import type { Manifest } from '#core/manifest.ts'
import type { HygieneException } from '#core/recipe/schema.ts'
import { findIndexedArchive } from './indexed-archive.ts'
import type { ReadFiles } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Wanted {
  /** of the version that is searched; its artifacts are in the blob store and their indexes in the catalog */
  manifest: Manifest
  /** of the version it was made from: its setuid files are no finding */
  origin?: Manifest | undefined
  exceptions: readonly HygieneException[]
  /** what the zone was called while it was made: zone name, nodename */
  ownNames: readonly string[]
  signal?: AbortSignal | undefined
}

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  readFiles: ReadFiles
}

export interface Hygiene {
  findings: HygieneFinding[]
  /** what is worth a word but no finding, such as an exception that nothing needs */
  notices: string[]
}

/** More than this nobody reads; the rest is counted. */
const MAX_FINDINGS = 1000

/** @throws HygieneUnavailable when the version has no artifact with an index, IndexIncomplete, and the codes of core/archive/refusals.ts */
export async function checkHygiene(wanted: Wanted, needs: Needs): Promise<Hygiene> {
  const { manifest, signal, ownNames } = wanted
  const archive = findIndexedArchive(manifest, needs, signal)
  if (!archive) throw unavailable(manifest)
  const { originSetuid, notices } = await readOrigin(wanted, needs)
  const exceptions = new Exceptions(wanted.exceptions)
  const found: HygieneFinding[] = []
  let more = 0
  const context = { osFamily: manifest.osFamily, ownNames }
  for await (const finding of findings({ ...archive, originSetuid, context })) {
    if (exceptions.cover(finding)) continue
    if (found.length < MAX_FINDINGS) found.push(finding)
    else more += 1
  }
  notices.push(...exceptions.unused())
  if (manifest.kind === 'system' && found.length > 0) {
    notices.push(
      'names, keys and logs of the golden host are reset on every host that is installed, but whoever may fetch the system gets them',
    )
  }
  if (more > 0) notices.push(`${more} further findings are not listed`)
  return { findings: found, notices }
}

async function readOrigin(
  { origin, signal }: Wanted,
  needs: Needs,
): Promise<{ originSetuid: SetuidFiles | undefined; notices: string[] }> {
  if (!origin) return { originSetuid: undefined, notices: [] }
  const archive = findIndexedArchive(origin, needs, signal)
  if (archive) {
    const originSetuid = await setuidFilesOf(archive.entries(), archive.layout)
    return { originSetuid, notices: [] }
  }
  const notice = `setuid files could not be compared: the origin ${origin.template}@${origin.version} has no index`
  return { originSetuid: undefined, notices: [notice] }
}

function unavailable({ template, version }: Manifest): ProvisionError {
  return new ProvisionError(
    'conflict',
    'HygieneUnavailable',
    `${template}@${version} cannot be checked: no artifact of it has an index, expected an archive, or a ZFS stream with all it builds on`,
  )
}
