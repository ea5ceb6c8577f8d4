import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createTestHost,
  lxImage,
  sandboxLack,
  sendFile,
  waitUntilUp,
  type TestHost,
} from './sandbox-fixture.ts'

describe.skipIf(sandboxLack)('an lx zone', { timeout: 120_000 }, () => {
  let host: TestHost
  const zoneadm = (zone: string, ...args: string[]) => host.run(['zoneadm', '-z', zone, ...args])
  const stateOf = async (zone: string) =>
    (await host.must(['zoneadm', '-z', zone, 'list', '-p'])).split(':')[2]

  beforeAll(async () => {
    const image = lxImage()
    host = await createTestHost('lx-box')
    sendFile(host, image, '/var/tmp/image.tar.gz')
    await host.must([
      'zonecfg',
      '-z',
      'golden',
      'create -b; set zonepath=/zones/golden; set brand=lx; set ip-type=exclusive; ' +
        'add net; set physical=net0; set allowed-address=192.0.2.10/24; end',
    ])
    expect((await zoneadm('golden', 'install', '-t', '/var/tmp/image.tar.gz')).status).toBe(0)
    await host.must(['zoneadm', '-z', 'golden', 'boot'])
    await waitUntilUp(host, 'golden')
  }, 600_000)
  afterAll(() => host.destroy())

  test('runs its own init, under its own name, in namespaces of its own', async () => {
    expect(await stateOf('golden')).toBe('running')
    expect(await host.must(['zlogin', 'golden', 'hostname; cat /proc/1/comm; runlevel'])).toBe(
      'golden\ninit\nN 2\n',
    )
    expect(await host.must(['zlogin', 'golden', 'ls /etc/zones /zones 2>&1; true'])).not.toContain('index')
  })

  test('cannot mount, make devices or change the machine’s kernel settings', async () => {
    const refused = await host.run([
      'zlogin',
      'golden',
      'mount -o remount,ro /; mount -t tmpfs none /mnt; mknod /dev/disk b 254 0; echo 1 >/proc/sys/kernel/panic',
    ])
    expect(refused.status).not.toBe(0)
    expect(refused.stderr).toMatch(/mknod: .*Operation not permitted/)
    expect(
      await host.must([
        'zlogin',
        'golden',
        'grep -c " /mnt " /proc/mounts; touch /root/writable; ls /dev/disk 2>&1; true',
      ]),
    ).toMatch(/^0\n.*No such file/)
  })

  test('zlogin joins its words for a shell, passes input and exit status', async () => {
    expect(await host.run(['zlogin', 'golden', 'cat;', 'exit', '3'], 'in\n')).toEqual({
      status: 3,
      stdout: 'in\n',
      stderr: '',
    })
    expect(await host.run(['zlogin', 'unknown', 'true'])).toMatchObject({
      status: 1,
      stderr: "zlogin: zone 'unknown' unknown\n",
    })
  })

  test('has its address, and the host reaches its services there', async () => {
    expect(await host.must(['zlogin', 'golden', 'ip -o -4 address show dev net0'])).toContain('192.0.2.10/24')
    const greeting = await host.must(['bash', '-c', 'read -r line </dev/tcp/192.0.2.10/22; echo "$line"'])
    expect(greeting).toContain('SSH-2.0')
  })

  test('is guarded while it runs', async () => {
    expect(await zoneadm('golden', 'detach')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'golden': detach operation is invalid for running zones.\n",
    })
    expect(await zoneadm('golden', 'boot')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'golden': zone is already booted\n",
    })
    expect(await zoneadm('golden', 'ready')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'golden': ready operation is invalid for running zones.\n",
    })
  })

  test('restarts when its init reboots, and is installed again after a shutdown', async () => {
    await host.must(['zlogin', 'golden', 'touch /run/before'])
    // the order may cut off whoever gave it
    await host.run(['zlogin', 'golden', 'reboot'])
    // A zlogin that meets the halt, when all of the zone's processes are stopped for a moment, has to end too.
    let isBack = false
    for (const end = Date.now() + 60_000; !isBack && Date.now() < end;)
      isBack = (await host.run(['zlogin', 'golden', 'test ! -e /run/before'])).status === 0
    expect(isBack).toBe(true)
    await waitUntilUp(host, 'golden')
    expect((await zoneadm('golden', 'shutdown')).status).toBe(0)
    expect(await stateOf('golden')).toBe('installed')
    expect(await zoneadm('golden', 'halt')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'golden': zone is already halted\n",
    })
    expect(await zoneadm('golden', 'reboot')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'golden': not running\n",
    })
    expect(await host.run(['zlogin', 'golden', 'true'])).toMatchObject({
      status: 1,
      stderr: "zlogin: login allowed only to running zones (golden is 'installed').\n",
    })
  })

  test('is cloned by ZFS, and the clone boots beside it with other keys', async () => {
    await host.must([
      'zonecfg',
      '-z',
      'web',
      'create -t golden; set zonepath=/zones/web; select net physical=net0; set allowed-address=192.0.2.11/24; end',
    ])
    expect(await zoneadm('web', 'clone', 'golden')).toEqual({
      status: 0,
      stdout:
        'Cloning snapshot lx_box/zones/golden@SUNWzone1\n' +
        'Instead of copying, a ZFS clone has been created for this zone.\n',
      stderr: '',
    })
    expect(await host.must(['ls', '/zones/web'])).toBe('root\n')
    await host.must([
      'rm',
      '-f',
      '/zones/web/root/etc/ssh/ssh_host_ed25519_key',
      '/zones/web/root/etc/ssh/ssh_host_ed25519_key.pub',
    ])
    await host.must(['zoneadm', '-z', 'golden', 'boot'])
    await host.must(['zoneadm', '-z', 'web', 'boot'])
    await waitUntilUp(host, 'web')
    const key = (zone: string) => host.must(['cat', `/zones/${zone}/root/etc/ssh/ssh_host_ed25519_key.pub`])
    expect(await key('web')).not.toBe(await key('golden'))
    await host.must(['zlogin', 'web', "bash -c 'read -r line </dev/tcp/192.0.2.10/22'"])
    await host.must(['zoneadm', '-z', 'golden', 'halt'])
    await host.must(['zoneadm', '-z', 'web', 'halt'])
  })

  test('travels: detached, configured anew from its manifest, attached, moved, uninstalled', async () => {
    await host.must(['zoneadm', '-z', 'web', 'detach'])
    expect(await stateOf('web')).toBe('configured')
    await host.must(['zonecfg', '-z', 'web', 'delete -F'])
    await host.must(['zonecfg', '-z', 'web2', 'create -a /zones/web'])
    expect((await zoneadm('web2', 'clone', 'golden')).stderr).toContain('Cannot clone detached zone.\n')
    expect(await zoneadm('web2', 'attach')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(await host.must(['ls', '/zones/web'])).toBe('root\n')
    await host.must(['zoneadm', '-z', 'web2', 'move', '/zones/moved'])
    expect(await host.must(['zoneadm', '-z', 'web2', 'list', '-v'])).toContain(' /zones/moved ')
    expect(await zoneadm('web2', 'uninstall')).toMatchObject({
      status: 1,
      stderr: "zoneadm: zone 'web2': Input not from terminal and -F not specified: uninstall not done.\n",
    })
    expect(await zoneadm('web2', 'uninstall', '-F')).toEqual({
      status: 0,
      stdout: 'The ZFS file system for this zone has been destroyed.\n',
      stderr: '',
    })
    expect(await host.must(['zfs', 'list', '-H', '-t', 'snapshot', '-o', 'name'])).toBe('')
  })

  test('keeps its clones when it is uninstalled: one of them takes over its snapshots', async () => {
    for (const zone of ['one', 'two']) {
      await host.must(['zonecfg', '-z', zone, `create -t golden; set zonepath=/zones/${zone}`])
      await host.must(['zoneadm', '-z', zone, 'clone', 'golden'])
    }
    await host.must(['zoneadm', '-z', 'golden', 'uninstall', '-F'])
    expect(await host.must(['ls', '/zones/one/root/sbin/init', '/zones/two/root/sbin/init'])).toContain('two')
    await host.must(['zoneadm', '-z', 'two', 'boot'])
    await waitUntilUp(host, 'two')
    await host.must(['zoneadm', '-z', 'two', 'halt'])
  })
})
