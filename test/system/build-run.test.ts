// `zoneflash build …` as an administrator uses it, on a sandbox host: base, and the child that is rebuilt with it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  createBuildHost,
  logOf,
  RecipeFolder,
  requestBuild,
  startBuilder,
  untilOver,
} from '../fault/build-fixture.ts'
import { sandboxLack, type TestHost } from './sandbox-fixture.ts'

describe.skipIf(sandboxLack)('build run', { timeout: 300_000 }, () => {
  let host: TestHost
  const recipes = new RecipeFolder()

  beforeAll(async () => {
    host = await createBuildHost(`build-run-${process.pid}`)
  }, 60_000)
  afterAll(async () => {
    recipes.remove()
    await host?.destroy()
  })

  test('builds a template and its child, skips what did not change, and tells why a build failed', async () => {
    const product = await startBuilder(host, recipes)
    const cli = (words: string[]) => product.now.cli(words)

    const planned = await cli(['build', 'run', 'base', '--dry-run'])
    expect(planned.stdout, planned.stderr).toMatch(/^base would be built on box\n/)
    expect(planned.stdout).toContain('zoneadm -z base-')

    const built = await cli(['build', 'run', 'base', '--follow'])
    expect(built.status, built.stdout + built.stderr).toBe(0)
    expect(built.stdout).toMatch(/== publish done in .* s\n/)
    expect(built.stdout).toMatch(/## child@.* done after/)
    const listed = JSON.parse((await cli(['build', 'list', '--json'])).stdout) as {
      template: string
      state: string
    }[]
    expect(listed.map(({ template, state }) => `${template} ${state}`)).toEqual(['child done', 'base done'])

    const again = await cli(['build', 'run', 'base', '--follow'])
    expect(again.status).toBe(0)
    expect(again.stdout).toMatch(/^base: skipped, because base@.* is made of the same inputs/)

    recipes.write(
      'broken',
      'summary: fails\nbrand: native\nosFamily: solaris10\nsource: { install: [-d, /var/tmp/nowhere] }\n',
      {},
    )
    const broken = await cli(['build', 'run', 'broken', '--follow'])
    expect(broken.status, broken.stdout + broken.stderr).toBe(1)
    expect(broken.stderr).toMatch(/failed in step install: /)
    expect(broken.stderr).toMatch(/command: .*zoneadm/)
    const [failed] = JSON.parse((await cli(['build', 'list', '--template', 'broken', '--json'])).stdout) as {
      id: string
    }[]
    expect((await cli(['build', 'show', failed?.id ?? ''])).stdout).toContain('kept until discarded')
    const discarded = await cli(['build', 'discard', failed?.id ?? ''])
    expect(discarded.status, discarded.stderr).toBe(0)
  })

  test('a build that is cancelled leaves nothing on its host', async () => {
    recipes.write(
      'slow',
      'summary: never ends\nbrand: native\nosFamily: solaris10\nsource: { install: [-d, /var/tmp/zoneroot, -u] }\ncustomize: customize.sh\nsysidcfg: { timezone: US/Central, nfs4Domain: dynamic }\n',
      { 'customize.sh': '#!/bin/sh\necho it hangs\nsleep 6000\n' },
    )
    const product = await startBuilder(host, recipes)
    const before = await zonesOf(host)
    const build = await requestBuild(product, 'slow')
    await vi.waitFor(async () => expect(await logOf(product, build)).toContain('it hangs'), {
      timeout: 120_000,
      interval: 100,
    })
    const cancelled = await product.now.cli(['build', 'cancel', build.id])
    expect(cancelled.stdout, cancelled.stderr).toContain('is being cancelled')
    expect(await untilOver(product, build)).toMatchObject({ state: 'cancelled', zoneKept: false })
    expect(await zonesOf(host)).toEqual(before)
    expect(await host.must(['ps', '-e', '-o', 'args='])).not.toContain('sleep 6000')
  })
})

async function zonesOf(host: TestHost): Promise<string[]> {
  return (await host.must(['zoneadm', 'list', '-cp'])).split('\n').map((line) => line.split(':')[1] ?? '')
}
