// What the steps of a build do, on sandbox hosts with ZFS and against the real catalog.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { createBuildSteps } from '#app/build/steps/create-steps.ts'
import type { StepNeeds } from '#app/build/steps/needs.ts'
import type { StepContext } from '#app/build/step.ts'
import { buildSteps } from '#core/build/steps.ts'
import { Host } from '#core/host.ts'
import type { Build } from '#core/build/build.ts'
import { artifactExtension, type Manifest } from '#core/manifest.ts'
import { makeBuild, makeRecipe, openDriver, type Driver, type Fields } from './build-driver.ts'
import { withZoneroot } from './native-golden.ts'
import { createTestHost, sandboxLack, sendFile, type TestHost } from './sandbox-fixture.ts'

describe.skipIf(sandboxLack)('the steps of a build', { timeout: 120_000 }, () => {
  let box: TestHost
  let host: Host
  let driver: Driver

  beforeAll(async () => {
    box = await createTestHost(`build-${process.pid}`, ['--release', 's10u8'])
    vi.stubEnv('SANDBOX_DIR', box.directory)
    host = Host.parse({ name: 'builder', transport: `sandbox:${box.name}`, release: 's10u8', builds: {} })
    driver = await openDriver(host, 5000)
    driver.media.set('given.txt', Buffer.from('given\n'))
    await withZoneroot({ kind: 'sparse', nodename: 'golden-web' }, async (zoneroot) => {
      const archive = `${zoneroot}.tar`
      execFileSync('tar', ['-C', zoneroot, '--numeric-owner', '--sparse', '-cf', archive, '.'])
      sendFile(box, archive, '/var/tmp/zoneroot.tar')
    })
    await box.must([
      'sh',
      '-c',
      'mkdir /var/tmp/zoneroot && tar -C /var/tmp/zoneroot --numeric-owner -xpf /var/tmp/zoneroot.tar',
    ])
  }, 120_000)
  afterAll(async () => {
    await driver?.close()
    await box?.destroy()
    vi.unstubAllEnvs()
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(driver.log.join('\n'))
    driver.log.length = 0
  })

  const base = {
    summary: 'Solaris 10, small',
    brand: 'native',
    osFamily: 'solaris10',
    source: { install: ['-d', '/var/tmp/zoneroot', '-u'] },
    hygiene: [{ rule: 'setuid', path: 'opt/app/bin/', why: 'the application brings them' }],
    sysidcfg: { timezone: 'US/Central', nfs4Domain: 'dynamic' },
    customize: 'customize.sh',
    smoke: 'smoke.sh',
    files: 'files',
  }
  const texts = {
    'customize.sh':
      '#!/bin/sh\nset -e\necho "made by $ZONEFLASH_TEMPLATE $ZONEFLASH_VERSION $ZONEFLASH_BRAND" >/opt/made\ncat "$ZONEFLASH_MEDIA_DIR/given.txt" >>/opt/made\n./lib/more.sh\n',
    'lib/more.sh': '#!/bin/sh\necho more >>/opt/made\n',
    'smoke.sh': '#!/bin/sh\ngrep more /opt/made && grep overlay /opt/app/overlay.conf\n',
    'files/opt/app/overlay.conf': 'overlay\n',
  }

  const zonesOf = () => box.must(['zoneadm', 'list', '-cp'])

  const media = [{ name: 'given.txt', what: 'a text' }]
  const linesOf = (text: string) =>
    text.split('\n').filter((line) => line !== '' && !line.startsWith('0:global'))

  /** Nothing of the build runs, is mounted or lies about but what is named. */
  async function expectOnly(...zones: string[]): Promise<void> {
    const there = linesOf(await zonesOf()).map((line) => line.split(':').slice(1, 3).join(' '))
    expect(there.toSorted()).toEqual(zones.toSorted())
    const names = new Set(zones.map((zone) => zone.split(' ')[0]))
    const trees = (await box.must(['ls', '/zones'])).split('\n').filter((name) => name && !names.has(name))
    expect(trees).toEqual([])
    const datasets = await box.must(['zfs', 'list', '-H', '-o', 'name', '-t', 'filesystem'])
    const own = datasets.split('\n').flatMap((line) => line.split('/zones/')[1] ?? [])
    expect(own.filter((name) => !names.has(name))).toEqual([])
    expect((await box.run(['ls', '-A', '/var/zoneflash/build'])).stdout).toBe('')
    expect(await box.must(['cat', '/proc/mounts'])).not.toMatch(/\/zones\/[^ /]+\/root\/./)
  }

  describe('that go well', () => {
    let origin: { build: Build; manifest: Manifest }
    const child = (fields: Fields = {}) =>
      makeRecipe(
        'child',
        {
          ...base,
          source: undefined,
          origin: 'base@candidate',
          files: undefined,
          smoke: undefined,
          ...fields,
        },
        { 'customize.sh': '#!/bin/sh\necho child >/opt/child\n' },
      )
    const inputsOf = ({ manifest }: typeof origin) => ({
      origin: { template: 'base', version: manifest.version, sha256: manifest.artifacts[0]?.sha256 ?? '' },
    })

    test('make of a zoneroot a candidate, and leave nothing but the golden zone', async () => {
      const recipe = makeRecipe('base', { ...base, media }, texts)
      const build = makeBuild(recipe, host)
      const manifest = await driver.run(build, recipe)
      expect(manifest).toMatchObject({ madeBy: 'build', createdBy: build.id, madeFrom: { zone: build.zone } })
      expect(manifest?.artifacts.map(artifactExtension)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'])
      expect(await driver.needs.catalog.getTemplate('base')).toMatchObject({
        channels: { candidate: build.version },
      })
      expect(await box.must(['cat', `/zones/${build.zone}/root/opt/made`])).toBe(
        `made by base ${build.version} native\ngiven\nmore\n`,
      )
      const shadow = await box.must(['cat', `/zones/${build.zone}/root/etc/shadow`])
      expect(shadow).toContain('root:NP:')
      await expectOnly(`${build.zone} configured`)
      if (manifest) origin = { build, manifest }
    })

    test('clone the snapshot that the origin was sent from, so that there is an increment', async () => {
      const recipe = child({ formats: ['tar.zst', 'zfs'] })
      const build = makeBuild(recipe, host, inputsOf(origin))
      const manifest = await driver.run(build, recipe, 'package')
      expect(manifest?.artifacts.map(artifactExtension)).toEqual(['tar.zst', 'zfs', 'izfs'])
      expect(await driver.needs.catalog.findVersion('child', build.version)).toMatchObject({
        state: 'testing',
      })
      await driver.steps.discard(driver.context(build, recipe))
      expect(await driver.needs.catalog.findVersion('child', build.version)).toBeUndefined()
      await expectOnly(`${origin.build.zone} configured`)
    })

    test('make the origin’s zone of what was packaged where it is not, and begin anew what was cut off', async () => {
      await driver.steps.discard(driver.context({ ...origin.build, id: 'another' }, child()))
      await expectOnly()
      const recipe = child({ formats: ['tar.zst', 'zfs'] })
      const build = makeBuild(recipe, host, inputsOf(origin))
      await driver.run(build, recipe, 'boot')
      // the worker died while the zone was customised
      await box.must(['zlogin', build.zone, 'echo half >/opt/half'])
      await driver.steps.customize(driver.context(build, recipe, { attempt: 2 }))
      expect(await box.must(['ls', `/zones/${build.zone}/root/opt`])).toBe('app\nchild\nmade\n')
      for (const step of ['smoke', 'halt', 'scrub', 'detach', 'package'] as const)
        await driver.steps[step](driver.context(build, recipe))
      const record = await driver.needs.catalog.getVersion('child', build.version)
      expect(record.manifest.artifacts.map(artifactExtension)).toEqual(['tar.zst', 'zfs', 'izfs'])
      // twice over: what is done is seen
      await driver.steps.package(driver.context(build, recipe, { attempt: 2 }))
      await driver.steps['prove-install'](driver.context(build, recipe))
      await driver.steps['prove-smoke'](driver.context(build, recipe, { attempt: 2 }))
      await driver.steps.publish(driver.context(build, recipe))
      await driver.steps.publish(driver.context(build, recipe, { attempt: 2 }))
      const imported = `base-o${origin.manifest.artifacts[0]?.sha256.slice(0, 8)}`
      await expectOnly(`${build.zone} configured`, `${imported} configured`)
    })
  })

  describe('that do not', () => {
    let build: Build
    const bad = (script: string) =>
      makeRecipe(
        'bad',
        { ...base, files: undefined, smoke: undefined, minutes: { customize: 1 } },
        { 'customize.sh': `#!/bin/sh\n${script}\n` },
      )

    beforeAll(async () => {
      build = makeBuild(bad('true'), host)
      await driver.run(build, bad('true'), 'wait')
    })

    test.each([
      [
        'fails',
        'echo the last words; exit 7',
        'ScriptFailed',
        /^customize in zone .* ended with 7$/,
        'the last words',
      ],
      ['never stops talking', 'exec yes talking', 'TimeLimit', /did not end within 1 minute,/, 'talking'],
      ['hangs', 'echo now; sleep 1000', 'TimeLimit', /did not end within 1 minute,/, 'now'],
      ['halts its zone', 'echo bye; halt -ff; sleep 100', 'ZoneStopped', /is installed/, 'bye'],
    ])(
      'because a script %s: step, command and last words are told',
      async (_, script, code, message, output) => {
        await expect(driver.steps.customize(driver.context(build, bad(script)))).rejects.toMatchObject({
          code,
          kind: 'conflict',
          message: expect.stringMatching(message),
          details: {
            command: expect.stringContaining(`/usr/sbin/zlogin ${build.zone}`),
            output: expect.stringContaining(output),
          },
        })
      },
    )

    test('because the disk is full: no version, no blob, and the zone is kept until it is discarded', async () => {
      const recipe = bad('head -c 3000000 /dev/urandom >/opt/large')
      const small = await mkdtemp(path.join(tmpdir(), 'zoneflash-small-'))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
      try {
        for (const step of ['customize', 'halt', 'scrub', 'detach'] as const)
          await driver.steps[step](driver.context(build, recipe, { attempt: step === 'customize' ? 2 : 1 }))
        const blobs = await FileBlobStore.open(small)
        const packageArchivesHere: StepNeeds['packageArchives'] = (tree) =>
          packageArchives(tree, {
            blobs,
            limits: driver.limits,
            spoolDirectory: path.join(small, 'incoming'),
          })
        const steps = createBuildSteps({ ...driver.needs, blobs, packageArchives: packageArchivesHere })
        await expect(steps.package(driver.context(build, recipe))).rejects.toMatchObject({ code: 'NoSpace' })
        expect(await driver.needs.catalog.findVersion('bad', build.version)).toMatchObject({
          state: 'building',
        })
        await driver.steps.stop(driver.context(build, recipe))
        expect(await driver.needs.catalog.findVersion('bad', build.version)).toBeUndefined()
        expect(await collect(blobs.list())).toEqual([])
        expect(await zonesOf()).toContain(`:${build.zone}:configured:`)
        await driver.steps.discard(driver.context(build, recipe))
        expect(await zonesOf()).not.toContain(build.zone)
      } finally {
        execFileSync('umount', [small])
        await rm(small, { recursive: true })
      }
    })
  })

  test('a host that is out of reach is said to be, at every step, and is tried again', async () => {
    const recipe = makeRecipe('away', { ...base, media }, texts)
    const build = makeBuild(recipe, host)
    const away: Partial<StepContext> = { shell: openHostShell({ name: 'away', transport: 'sandbox:away' }) }
    for (const step of [...buildSteps, 'stop', 'discard'] as const) {
      if (step === 'hygiene' || step === 'publish') continue
      if (step.startsWith('prove')) await testing(build)
      const failing = driver.steps[step](driver.context(build, recipe, away))
      await expect(failing, step).rejects.toMatchObject({ code: 'HostUnreachable', kind: 'unavailable' })
    }
    expect(await driver.needs.catalog.findVersion('away', build.version)).toBeUndefined()
  })

  /** A version that a proof could begin with. */
  async function testing(build: Build): Promise<void> {
    const there = await driver.needs.catalog.findVersion(build.template, build.version)
    if (there?.state === 'building')
      await driver.needs.catalog.putVersion({ ...there, state: 'testing' }, new Map())
  }

  test('a host that vanishes under a command', async () => {
    const recipe = makeRecipe(
      'gone',
      { ...base, files: undefined, smoke: undefined },
      { 'customize.sh': '#!/bin/sh\necho begun\nsleep 1000\n' },
    )
    const build = makeBuild(recipe, host)
    await driver.run(build, recipe, 'wait')
    const failing = driver.steps.customize(driver.context(build, recipe))
    const outcome = failing.then(
      () => 'done',
      (error: unknown) => error,
    )
    await vi.waitFor(() => expect(driver.log).toContain('begun'), { timeout: 30_000 })
    await box.destroy()
    expect(await outcome).toMatchObject({ code: 'HostUnreachable', kind: 'unavailable' })
    await expect(driver.steps.stop(driver.context(build, recipe))).rejects.toMatchObject({
      code: 'HostUnreachable',
    })
  })
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
