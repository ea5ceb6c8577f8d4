// What the steps of a build do, on sandbox hosts with ZFS and against the real catalog.
import { execFileSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Host } from '#core/host.ts'
import { artifactExtension } from '#core/manifest.ts'
import { makeBuild, makeRecipe, openDriver, type Driver } from './build-driver.ts'
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

  test('from a zoneroot to a candidate, and nothing is left but the golden zone', async () => {
    const recipe = makeRecipe(
      'base',
      {
        ...base,
        media: [{ name: 'given.txt', what: 'a text' }],
      },
      texts,
    )
    driver.media.set('given.txt', Buffer.from('given\n'))
    const build = makeBuild(recipe, host)
    const manifest = await driver.run(build, recipe)
    expect(manifest).toMatchObject({ madeBy: 'build', createdBy: build.id, madeFrom: { zone: build.zone } })
    expect(manifest?.artifacts.map(artifactExtension)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'])
    expect(await driver.needs.catalog.getTemplate('base')).toMatchObject({
      channels: { candidate: build.version },
    })
    expect((await zonesOf()).split('\n').slice(1, -1)).toEqual([
      `-:${build.zone}:configured:/zones/${build.zone}::native:shared`,
    ])
    expect(await box.must(['cat', `/zones/${build.zone}/root/opt/made`])).toBe(
      `made by base ${build.version} native\ngiven\nmore\n`,
    )
    expect((await box.run(['ls', '-A', '/var/zoneflash/build'])).stdout).toBe('')
  })
})
