// The product with recipes of small native zones and a sandbox host that builds them.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { withZoneroot } from '../system/native-golden.ts'
import { createTestHost, sendFile, type TestHost } from '../system/sandbox-fixture.ts'
import type { Build } from '#core/build/build.ts'
import { MortalProduct } from './product-fixture.ts'

/** A host with a zoneroot of Solaris 10 in /var/tmp/zoneroot. */
export async function createBuildHost(name: string): Promise<TestHost> {
  const host = await createTestHost(name, ['--release', 's10u8'])
  await withZoneroot({ kind: 'sparse', nodename: 'golden-web' }, async (zoneroot) => {
    const archive = `${zoneroot}.tar`
    execFileSync('tar', ['-C', zoneroot, '--numeric-owner', '--sparse', '-cf', archive, '.'])
    sendFile(host, archive, '/var/tmp/zoneroot.tar')
  })
  await host.must([
    'sh',
    '-c',
    'mkdir /var/tmp/zoneroot && tar -C /var/tmp/zoneroot --numeric-owner -xpf /var/tmp/zoneroot.tar',
  ])
  return host
}

const base = `summary: a small native zone
brand: native
osFamily: solaris10
source:
  install: [-d, /var/tmp/zoneroot, -u]
customize: customize.sh
smoke: smoke.sh
sysidcfg:
  timezone: US/Central
  nfs4Domain: dynamic
formats: [tar.zst, zfs]
hygiene:
  - { rule: setuid, path: opt/app/bin/, why: the application brings them }
`
const child = `summary: made from base
brand: native
osFamily: solaris10
origin: base@candidate
customize: customize.sh
formats: [tar.zst, zfs]
hygiene:
  - { rule: setuid, path: opt/app/bin/, why: the application brings them }
`

/** `templates/` with `base`, and `child` unless nothing is to be built after it; a test may write others beside them. */
export class RecipeFolder {
  readonly root = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-recipes-'))

  constructor({ withChild = true } = {}) {
    this.write('base', base, {
      'customize.sh': '#!/bin/sh\necho made >/opt/made\n',
      'smoke.sh': '#!/bin/sh\ntest -f /opt/made\n',
    })
    if (withChild) this.write('child', child, { 'customize.sh': '#!/bin/sh\necho child >/opt/child\n' })
  }

  write(name: string, recipe: string, scripts: Record<string, string>): void {
    const folder = path.join(this.root, name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'recipe.yaml'), recipe)
    for (const [file, text] of Object.entries(scripts))
      writeFileSync(path.join(folder, file), text, { mode: 0o755 })
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A product that builds on `host`. */
export async function startBuilder(
  host: TestHost,
  recipes: RecipeFolder,
  env: NodeJS.ProcessEnv = {},
): Promise<MortalProduct> {
  const product = new MortalProduct({
    SANDBOX_DIR: host.directory,
    ZONEFLASH_TEMPLATES: recipes.root,
    ZONEFLASH_JOB_LOCK_SECONDS: '1',
    ...env,
  })
  await product.start()
  const box = { name: 'box', release: 's10u8', transport: `sandbox:${host.name}`, builds: {} }
  expect((await send(product, 'POST', '/api/v1/hosts', box)).status).toBe(201)
  return product
}

export function send(
  product: MortalProduct,
  method: string,
  route: string,
  body?: object,
): Promise<Response> {
  return product.now.call(route, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
}

export async function requestBuild(
  product: MortalProduct,
  template: string,
  more: object = {},
): Promise<Build> {
  const answer = await send(product, 'POST', '/api/v1/builds', { template, ...more })
  const text = await answer.text()
  expect(answer.status, text).toBe(202)
  return JSON.parse(text) as Build
}

export async function getBuild(product: MortalProduct, { id }: Pick<Build, 'id'>): Promise<Build> {
  const answer = await product.now.call(`/api/v1/builds/${id}`)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Build
}

export async function logOf(product: MortalProduct, { id }: Pick<Build, 'id'>): Promise<string> {
  return (await product.now.call(`/api/v1/builds/${id}/log`)).text()
}

/** The build when it is over. */
export async function untilOver(product: MortalProduct, build: Build, limitMs = 90_000): Promise<Build> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    const now = await getBuild(product, build)
    if (now.finishedAt !== undefined) return now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(
    `build ${build.id} does not end: ${JSON.stringify(await getBuild(product, build))}\n${await logOf(product, build)}\n${product.now.output().slice(-5000)}`,
  )
}

/** What is left on the host beside the zones named. */
export async function expectOnly(host: TestHost, ...zones: string[]): Promise<void> {
  const lines = (await host.must(['zoneadm', 'list', '-cp'])).split('\n').filter(Boolean)
  const there = lines
    .map((line) => line.split(':').slice(1, 3).join(' '))
    .filter((line) => !line.startsWith('global'))
  expect(there.toSorted()).toEqual(zones.map((zone) => `${zone} configured`).toSorted())
  const datasets = await host.must(['zfs', 'list', '-H', '-o', 'name', '-t', 'filesystem'])
  expect(
    datasets
      .split('\n')
      .flatMap((line) => line.split('/zones/')[1] ?? [])
      .toSorted(),
  ).toEqual(zones.toSorted())
  expect((await host.run(['ls', '-A', '/var/zoneflash/build'])).stdout).toBe('')
  expect(await host.must(['cat', '/proc/mounts'])).not.toMatch(/\/zones\/[^ /]+\/root\/./)
  const processes = await host.must(['ps', '-e', '-o', 'args='])
  expect(processes.split('\n').filter((line) => /tar --create|zfs (send|receive)|zlogin/.test(line))).toEqual(
    [],
  )
}
