// A client that does what kayak does, in shell, against the product and a real ZFS (zfs-fuse).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '#test/running-product.ts'
import { converse } from '#test/server/raw-socket.ts'
import { openInstallSite, type InstallSite } from './install-site.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const POOL = 'kayaks'

/** Asks by ever shorter addresses, takes the first body with the word in it, and sources that (jumpstart.md 6.1). */
const client = String.raw`
set -u
config=$1 media=$2 mac=$3
rm -f /tmp/config
length=12
while [ $length -gt 0 ]; do
  curl -s -o /tmp/config "$config/$(printf %s "$mac" | cut -c1-$length)"
  grep BuildRpool /tmp/config >/dev/null && break
  length=$((length - 1))
done
[ $length -gt 0 ] || { echo "no configuration"; exit 9; }
rm -f /tmp/calls /.initialboot
note() { printf '%s' "$1" >>/tmp/calls; shift; printf ' [%s]' "$@" >>/tmp/calls; echo >>/tmp/calls; }
BuildRpool() {
  note BuildRpool "$@"
  curl -s "$media" | xz -dc | zfs receive -u ${POOL}/omnios || exit 8
  zfs destroy ${POOL}/omnios@kayak || exit 7
  ALTROOT=/tmp/kayak-root
  mkdir -p $ALTROOT/etc
  echo 'root:golden:6445::::::' >$ALTROOT/etc/shadow
}
for f in SetHostname SetTimezone UseDNS RootPW; do eval "$f() { note $f \"\$@\"; }"; done
Postboot() { echo "$@" >>/.initialboot; }
. /tmp/config
cat /tmp/calls
`

describe.skipIf(sandboxLack)('a host that kayak installs', { timeout: 180_000 }, () => {
  let host: TestHost
  let site: InstallSite
  let scratch: string
  let legacyPort: number

  const kayak = (mac: string) =>
    host.run(
      ['bash', '-s', `${site.product.url}/kayak`, `${site.product.url}/kayak/media/omni@1.0.zfs.xz`, mac],
      client,
    )

  beforeAll(async () => {
    scratch = mkdtempSync(path.join(tmpdir(), 'zoneflash-kayak-'))
    for (const name of ['etc', 'usr/bin', 'var', 'kernel'])
      mkdirSync(path.join(scratch, 'root', name), { recursive: true })
    writeFileSync(path.join(scratch, 'root/etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
    host = await createTestHost(POOL)
    legacyPort = await freePort()
    site = await openInstallSite(host, { ZONEFLASH_LEGACY_LISTEN: `127.0.0.1:${legacyPort}` })
    const stream = path.join(scratch, 'omni.zfs')
    await site.zoneflash('stream', 'write', path.join(scratch, 'root'), '-o', stream, '--snapshot', 'golden')
    const system = ['--kind', 'system', '--brand', 'ipkg', '--os-family', 'illumos']
    await site.zoneflash('template', 'push', stream, '--name', 'omni', '--version', '1.0', ...system)
    await site.zoneflash('template', 'convert', 'omni@1.0', '--to', 'kayak.xz')
    await site.putProfile({
      name: 'omni',
      sysid: { rootPassword: '$5$salt$hashofthepassword', timezone: 'Europe/Berlin' },
      system: { template: 'omni@1.0' },
      kayak: { disks: ['>100', '~it\'s"odd"$(disk)'] },
    })
    await site.zoneflash(
      'host',
      'add',
      'o1',
      '--mac',
      '0:11:22:a:b:c',
      '--profile',
      'omni',
      '--fact',
      'zfs=true',
    )
  })
  afterAll(async () => {
    await site.close()
    await host.destroy()
    rmSync(scratch, { recursive: true })
  })

  test('gets nothing while it is not armed, nor while its template is not open to kayak', async () => {
    expect(await kayak('0011220A0B0C')).toMatchObject({ status: 9, stdout: 'no configuration\n' })
    await site.arm('o1')
    expect(await kayak('0011220A0B0C')).toMatchObject({ status: 9 })
  })

  test('receives the root file system and destroys the snapshot that came with it', async () => {
    await site.zoneflash('template', 'open', 'omni', '--to', 'kayak')
    expect(await kayak('0011220A0B0C')).toMatchObject({
      status: 0,
      stdout: [
        'BuildRpool [>100] [~it\'s"odd"$(disk)]',
        'SetHostname [o1]',
        'SetTimezone [Europe/Berlin]',
        'RootPW [$5$salt$hashofthepassword]',
        '',
      ].join('\n'),
    })
    const listed = await host.must(['zfs', 'list', '-H', '-o', 'name', '-t', 'all', '-r', `${POOL}/omnios`])
    expect(listed).toBe(`${POOL}/omnios\n`)
    expect(await host.must(['cat', '/tmp/kayak-root/etc/shadow'])).toBe('root::6445::::::\n')
    await host.must(['zfs', 'mount', `${POOL}/omnios`])
    expect(await host.must(['cat', `/${POOL}/omnios/etc/passwd`])).toBe('root:x:0:0::/root:/bin/sh\n')
  })

  test('another machine gets nothing', async () => {
    expect(await kayak('0011220A0B0D')).toMatchObject({ status: 9 })
  })

  test('its first boot reports that it is there, and the window is closed', async () => {
    await host.must(['sh', '-c', 'tail -1 /.initialboot | sh'])
    expect(await site.reports('o1')).toContain('- install done')
    expect(await kayak('0011220A0B0C')).toMatchObject({ status: 9 })
  })

  test('the product says where installers of old systems reach it, and they do', async () => {
    expect(site.product.output()).toContain(
      `installers of old systems: 127.0.0.1 port ${legacyPort}, read-only`,
    )
    await site.zoneflash('template', 'open', 'omni', '--to', 'kayak,jumpstart')
    const answer = await converse(legacyPort, 'HEAD /flash/omni/1.0.zfs HTTP/1.0\nHost: x\n\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\ncontent-length: [1-9][0-9]+\r\n/i)
  })
})
