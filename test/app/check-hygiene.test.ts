// The hygiene check on versions as they lie in the catalog and the blob store.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFileReader } from '#adapters/archive/read-files.ts'
import { StreamIndexer } from '#adapters/archive/stream-indexer.ts'
import { checkHygiene } from '#app/check-hygiene.ts'
import { parseConfig } from '#core/config.ts'
import { hygieneRules } from '#core/hygiene/rules.ts'
import type { Manifest } from '#core/manifest.ts'
import type { HygieneException } from '#core/recipe/schema.ts'
import { craftTar, type CraftedEntry } from '#test/archives.ts'
import { MemoryBlobStore } from '#test/fakes/memory-blob-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'check-hygiene-'))
})
afterAll(() => rm(directory, { recursive: true }))

const needs = {
  blobs: new MemoryBlobStore(),
  catalog: new MemoryTemplateCatalog(),
  readFiles: createFileReader({ directory: tmpdir(), maxBytes: 2 ** 30 }),
}

const file = (name: string, mode = 0o644): CraftedEntry => ({ name, content: 'x\n', mode })

/** Records a version of these files, the way an upload does. */
async function version(
  name: string,
  files: CraftedEntry[],
  facts: Partial<Manifest> = {},
): Promise<Manifest> {
  const bytes = craftTar([{ name: 'etc/', typeflag: '5', mode: 0o755 }, ...files])
  const index = await new StreamIndexer(directory, parseConfig({}).limits).index(Readable.from([bytes]))
  const stored = await needs.blobs.put(Readable.from([bytes]))
  const manifest: Manifest = {
    template: 'web',
    version: name,
    brand: 'lx',
    osFamily: 'linux',
    artifacts: [{ ...index.facts, ...stored }],
    madeBy: 'upload',
    createdBy: 'test',
    createdAt: '2026-11-20T11:00:00.000Z',
    ...facts,
  }
  await needs.catalog.ensureTemplate('web')
  await needs.catalog.putVersion({ state: 'ready', manifest }, new Map([[stored.sha256, index.entries]]))
  await index.close()
  return manifest
}

const check = (manifest: Manifest, exceptions: HygieneException[] = [], origin?: Manifest) =>
  checkHygiene({ manifest, origin, exceptions, ownNames: [] }, needs)

const except = (rule: string, at: string): HygieneException => ({ rule, path: at, why: 'it is wanted' })

test('an exception covers its rule at its path or below its directory, and nothing else', async () => {
  const manifest = await version('1', [file('var/log/a/x'), file('var/log/ab'), file('root/.bash_history')])
  const { findings, notices } = await check(manifest, [
    except('logs', '/var/log/a/'),
    except('shell-history', 'root/.bash_history'),
    except('logs', 'root/.bash_history'),
  ])
  expect(findings.map((finding) => finding.path)).toEqual(['var/log/ab'])
  expect(notices).toEqual(['the exception for root/.bash_history (logs) matches no finding'])
})

test('an exception for a rule that there is not is told with the rules that there are', async () => {
  const { notices } = await check(await version('2', []), [except('log', 'var/log/')])
  expect(notices).toEqual([expect.stringMatching(/log\/ \(log\) names a rule that there is not.* logs,/)])
})

test('setuid files are compared with the origin’s, and a template without one has none that is new', async () => {
  const origin = await version('3', [file('usr/bin/su', 0o4755)])
  const manifest = await version('4', [file('usr/bin/su', 0o4755), file('opt/app/root', 0o4755)])
  expect((await check(origin)).findings).toEqual([])
  expect((await check(manifest, [], origin)).findings).toMatchObject([
    { rule: 'setuid', path: 'opt/app/root' },
  ])
  expect((await check(manifest, [except('setuid', 'opt/app/root')], origin)).findings).toEqual([])
  const streamOnly: Manifest = { ...origin, artifacts: [] }
  expect(await check(manifest, [], streamOnly)).toEqual({
    findings: [],
    notices: [expect.stringMatching(/setuid files could not be compared: the origin web@3 /)],
  })
})

test('of a system it is said that installing resets what was found', async () => {
  const manifest: Manifest = {
    ...(await version('9', [file('var/zoneflash/zones/web/finished')])),
    kind: 'system',
  }
  expect(await check(manifest)).toMatchObject({
    findings: [{ rule: 'provisioning', path: 'var/zoneflash/zones/web/finished' }],
    notices: [expect.stringContaining('are reset on every host that is installed')],
  })
  expect(await check({ ...(await version('10', [])), kind: 'system' })).toEqual({ findings: [], notices: [] })
})

test('more findings than anybody reads are counted', async () => {
  const files = Array.from({ length: 1203 }, (_, index) => file(`var/log/${index}`))
  const { findings, notices } = await check(await version('5', files))
  expect(findings).toHaveLength(1000)
  expect(notices).toEqual(['203 further findings are not listed'])
})

test('a version without an archive, or whose index is not whole, is not called clean', async () => {
  const manifest = await version('6', [])
  await expect(check({ ...manifest, artifacts: [] })).rejects.toMatchObject({ code: 'HygieneUnavailable' })
  const artifacts = manifest.artifacts.map((artifact) => ({ ...artifact, entries: 9 }))
  await expect(check({ ...manifest, artifacts })).rejects.toMatchObject({
    code: 'IndexIncomplete',
    message: expect.stringContaining('has 1 entries, expected 9'),
  })
})

test('a check that is cancelled ends', async () => {
  const manifest = await version('7', [file('etc/shadow')])
  const signal = AbortSignal.abort(new Error('cancelled'))
  await expect(checkHygiene({ manifest, exceptions: [], ownNames: [], signal }, needs)).rejects.toThrow(
    'cancelled',
  )
})

test('the documentation lists every rule, and no other', () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/hygiene.md'), 'utf8')
  const listed = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => String(name))
  expect(listed.toSorted()).toEqual(hygieneRules.map(({ name }) => name).toSorted())
})
