// Whether the stream that ZFS sent of a zone holds what the archives hold that were made of the same zone.
import { compareFiles } from '#core/diff/compare-files.ts'
import { filesOf } from '#core/diff/files-of.ts'
import { orderKey } from '#core/diff/path-order.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact } from '#core/manifest.ts'
import { isLeftOut } from '#core/packaging/left-out.ts'

/** An artifact with its index, which may be read several times. */
interface Indexed {
  artifact: Artifact
  entries: AsyncIterable<Entry>
}

/**
 * True when the trees are the same but for times; false when they differ in what archives leave out, or cannot be compared.
 * @throws ZoneChanged when they differ in anything else
 */
export async function isSameTree(stream: Indexed, archive: Indexed, brand: string): Promise<boolean> {
  const layouts = [archive.artifact.layout, stream.artifact.layout] as const
  if (layouts[0] === undefined || layouts[1] === undefined) return false
  if (!(await isInOrder(archive.entries)) || !(await isInOrder(stream.entries))) return false
  const before = filesOf(() => archive.entries, layouts[0])
  const after = filesOf(() => stream.entries, layouts[1])
  let isSame = true
  for await (const { path, change, what } of compareFiles(before, after)) {
    if (what?.every((one) => one === 'time')) continue
    isSame = false
    if (!isLeftOut(brand, path)) throw zoneChanged(path, what?.join(', ') ?? change)
  }
  return isSame
}

async function isInOrder(entries: AsyncIterable<Entry>): Promise<boolean> {
  let last = ''
  for await (const { path } of entries) {
    const key = orderKey(path)
    if (key < last) return false
    last = key
  }
  return true
}

function zoneChanged(path: string, how: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'ZoneChanged',
    `${JSON.stringify(path)} is not the same in the ZFS stream as in the archive (${how}), expected a zone at rest`,
  )
}
