// What is different between two versions: packages, services, accounts, declared ports, setuid files, and every file.
import { compareFacts } from '#core/diff/facts.ts'
import { compareFiles } from '#core/diff/compare-files.ts'
import { filesOf } from '#core/diff/files-of.ts'
import { gatherFacts } from '#core/diff/gather-facts.ts'
import type { DiffLine } from '#core/diff/line.ts'
import { Totals } from '#core/diff/totals.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Manifest } from '#core/manifest.ts'
import { findIndexedArchive, type IndexedArchive } from './indexed-archive.ts'
import type { ReadFiles, SortEntries } from './ports/archives.ts'
import type { BlobStore } from './ports/blobs.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface OneVersion {
  template: string
  /** its name or a channel */
  version: string
}

interface Wanted {
  from: OneVersion
  to: OneVersion
  /** without these only files are compared, and no archive is unpacked */
  facts: boolean
  /** list files that differ in their time alone, which are counted otherwise */
  times: boolean
  signal?: AbortSignal | undefined
}

interface Needs {
  blobs: BlobStore
  catalog: TemplateCatalog
  readFiles: ReadFiles
  sortEntries: SortEntries
}

/** The differences as a stream: facts, then files in the order of their paths, then the totals. @throws VersionNotFound, NoIndex, IndexIncomplete */
export async function* diffVersions(wanted: Wanted, needs: Needs): AsyncGenerator<DiffLine> {
  const [from, to] = [await open(wanted.from, wanted, needs), await open(wanted.to, wanted, needs)]
  yield { kind: 'versions', from: nameOf(from.manifest), to: nameOf(to.manifest) }
  const totals = new Totals()
  if (from.archive.artifact.sha256 === to.archive.artifact.sha256) {
    yield { kind: 'notice', text: 'both versions are the same bytes' }
    yield totals.line()
    return
  }
  if (wanted.facts) {
    const [before, after] = [await gatherFacts(from.archive), await gatherFacts(to.archive)]
    for (const line of compareFacts(before, after)) yield totals.count(line)
    for (const system of [...before.unlisted.union(after.unlisted)].toSorted())
      yield { kind: 'notice', text: `there are packages of ${system}: they are not listed, only their files` }
  }
  for await (const line of compareFiles(sorted(from.archive, needs), sorted(to.archive, needs))) {
    const isTimeAlone = line.what?.every((what) => what === 'time') ?? false
    totals.countFile(line, isTimeAlone)
    if (isTimeAlone && !wanted.times) continue
    yield line
    if (line.path === 'etc/svc/repository.db' && !isTimeAlone)
      yield {
        kind: 'notice',
        text: 'etc/svc/repository.db differs: services that it alone enables or disables are not listed',
      }
  }
  yield totals.line()
}

interface Opened {
  manifest: Manifest
  archive: IndexedArchive
}

async function open({ template, version }: OneVersion, { signal }: Wanted, needs: Needs): Promise<Opened> {
  const { manifest } = await needs.catalog.getVersion(template, version)
  const archive = findIndexedArchive(manifest, needs, signal)
  if (archive) return { manifest, archive }
  throw new ProvisionError(
    'missing',
    'NoIndex',
    `${template}@${manifest.version} cannot be compared: no artifact of it has an index, expected an archive, or a ZFS stream with all it builds on`,
  )
}

const nameOf = ({ template, version }: Manifest): { template: string; version: string } => ({
  template,
  version,
})

function sorted({ entries, layout }: IndexedArchive, { sortEntries }: Needs) {
  return sortEntries(() => filesOf(entries, layout))
}
