// What each blob is there for, for a report; whether it may go is asked again when it goes.
import type { Build } from '#core/build/build.ts'
import type { Sha256 } from '#core/digest.ts'
import { versionKey } from '#core/retention/decide.ts'
import { DAY_MS } from '#core/retention/policy.ts'
import type { GarbageObject } from '#core/retention/report.ts'
import type { BlobStore } from '../ports/blobs.ts'
import type { BuildLeftover } from '../ports/builds.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import { collectBlob } from './collect-blobs.ts'

interface Needs {
  catalog: TemplateCatalog
  blobs: BlobStore
}

interface Known {
  records: readonly VersionRecord[]
  openBuilds: readonly Build[]
  leftovers: readonly BuildLeftover[]
  now: Date
  /** versions that are deleted, or would be */
  gone: ReadonlySet<string>
  /** what was stored later may belong to something that is not recorded yet; milliseconds since the epoch */
  before: number
  dryRun: boolean
}

/** What no version, build or leftover explains: the catalog knows more. */
const OTHER_USE = 'the plan of an open install names it, or something refers to it since'

/** So many users of a blob are named. */
const NAMED = 3

/** Yields every blob, and deletes those that are garbage unless it is a dry run. */
export async function* judgeBlobs(known: Known, { catalog, blobs }: Needs): AsyncGenerator<GarbageObject> {
  const users = usersOf(known)
  for await (const sha256 of blobs.list()) {
    const status = await blobs.stat(sha256)
    if (status === undefined) continue
    const line = { kind: 'blob' as const, name: sha256, bytes: status.size }
    const all = users.get(sha256) ?? []
    const staying = all.filter(({ isGone }) => !isGone)
    if (staying.length > 0) {
      yield { ...line, verdict: 'keep', reasons: named(staying) }
    } else if (status.storedAt > known.before) {
      yield {
        ...line,
        verdict: 'keep',
        when: 'later',
        reasons: [...named(all), 'stored a moment ago, it may belong to what is not recorded yet'],
      }
    } else if (known.dryRun && all.length === 0 && !(await catalog.isUnreferenced(sha256))) {
      yield { ...line, verdict: 'keep', reasons: [OTHER_USE] }
    } else if (!known.dryRun && !(await collectBlob(sha256, known.before, { catalog, blobs }))) {
      yield { ...line, verdict: 'keep', reasons: [OTHER_USE] }
    } else {
      const reasons = all.length > 0 ? named(all) : ['nothing refers to it']
      yield { ...line, verdict: 'delete', reasons }
    }
  }
}

interface User {
  what: string
  isGone: boolean
}

function usersOf({ records, openBuilds, leftovers, gone, now }: Known): Map<Sha256, User[]> {
  const users = new Map<Sha256, User[]>()
  const add = (sha256: Sha256, what: string, isGone: boolean) => {
    const all = users.get(sha256)
    if (all) all.push({ what, isGone })
    else users.set(sha256, [{ what, isGone }])
  }
  for (const { manifest } of records) {
    const key = versionKey(manifest)
    const isGone = gone.has(key)
    for (const { sha256 } of manifest.artifacts)
      add(sha256, isGone ? `artifact of ${key}, which goes` : `artifact of ${key}`, isGone)
  }
  for (const { id, inputs } of openBuilds) {
    add(inputs.recipe, `recipe of the unfinished build ${id}`, false)
    for (const { name, sha256 } of inputs.media) add(sha256, `${name} of the unfinished build ${id}`, false)
  }
  for (const { id, recipe, zoneKept, finishedAt } of leftovers) {
    if (zoneKept) add(recipe, `recipe of build ${id}, whose zone is kept`, false)
    else if (now.getTime() - Date.parse(finishedAt) < DAY_MS)
      add(recipe, `recipe of build ${id}, just over`, false)
  }
  return users
}

function named(users: readonly User[]): string[] {
  const names = users.slice(0, NAMED).map(({ what }) => what)
  return users.length > NAMED ? [...names, `and ${users.length - NAMED} more`] : names
}
