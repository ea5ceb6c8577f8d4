import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestHost, sandboxLack, waitUntilUp, type TestHost } from './sandbox-fixture.ts'

/** A zoneroot in the style of Solaris 10, small enough to be made by a few lines of shell. */
const makeZoneroot = `
root=/var/tmp/source
mkdir -p $root/etc/inet $root/etc/default $root/etc/ssh $root/var/sadm/pkg $root/usr/bin $root/dev
ln -s ./usr/bin $root/bin
ln -s ./inet/hosts $root/etc/hosts
printf '127.0.0.1\\tlocalhost\\n192.0.2.9\\toldname\\n' >$root/etc/inet/hosts
echo oldname >$root/etc/nodename
echo 'root:x:0:0:Super-User:/:/sbin/sh' >$root/etc/passwd
echo 'root:oldhash:6445::::::' >$root/etc/shadow
echo TZ=Europe/Berlin >$root/etc/default/init
echo key >$root/etc/ssh/ssh_host_rsa_key
echo 'system_locale=C' >$root/etc/sysidcfg
`

const sysidcfg = `system_locale=C
terminal=vt100
network_interface=PRIMARY { hostname=web1 }
name_service=NONE
security_policy=NONE
nfs4_domain=dynamic
timezone=US/Central
root_password='$5$abcdefgh$newhash'
`

describe.skipIf(sandboxLack)('a native zone of Solaris 10 10/09', { timeout: 60_000 }, () => {
  let host: TestHost
  const zoneadm = (zone: string, ...args: string[]) => host.run(['zoneadm', '-z', zone, ...args])
  const read = (file: string) => host.must(['cat', `/zones/web1/root/etc/${file}`])
  const writeSysidcfg = (text: string) => host.must(['sh', '-c', 'cat >/zones/web1/root/etc/sysidcfg'], text)
  const serviceState = async () =>
    (await host.must(['zlogin', 'web1', 'svcs -H -o state svc:/milestone/multi-user-server:default'])).trim()
  const consoleAsks = async (words: string) => {
    for (;;) if ((await host.must(['cat', '/var/log/zones/web1.console'])).includes(words)) return
  }

  beforeAll(async () => {
    host = await createTestHost('s10-box', ['--release', 's10u8'])
    await host.must(['sh', '-eus'], makeZoneroot)
    await host.must([
      'zonecfg',
      '-z',
      'flash',
      'create -b; set zonepath=/zones/flash; add net; set physical=bge0; set address=192.0.2.10/24; end',
    ])
  })
  afterAll(() => host.destroy())

  test('is installed from a directory, detached and attached again', async () => {
    await host.must(['zoneadm', '-z', 'flash', 'install', '-d', '/var/tmp/source', '-p'])
    await host.must(['zoneadm', '-z', 'flash', 'detach'])
    expect(await host.must(['sh', '-c', 'ls /zones/flash; stat -c %a /zones/flash/SUNWdetached.xml'])).toBe(
      'SUNWdetached.xml\nroot\n644\n',
    )
    expect(await host.must(['tail', '-1', '/etc/zones/index'])).toBe('flash:configured:/zones/flash:\n')
    expect(await zoneadm('flash', 'install', '-d', '/var/tmp/source')).toMatchObject({
      status: 1,
      stderr: 'Cannot install detached zone.\nUse attach or remove /zones/flash directory.\n',
    })
    const manifest = await host.must(['cat', '/zones/flash/SUNWdetached.xml'])
    expect(await host.run(['zoneadm', '-z', 'any', 'attach', '-n', '-'], manifest)).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    await host.must(['zoneadm', '-z', 'flash', 'attach'])
    expect(await host.must(['ls', '/zones/flash'])).toBe('root\n')
  })

  test('attach -F keeps the manifest under another name', async () => {
    await host.must(['zoneadm', '-z', 'flash', 'detach'])
    await host.must(['zoneadm', '-z', 'flash', 'attach', '-F'])
    expect(await host.must(['ls', '/zones/flash'])).toBe('SUNWattached.xml\nroot\n')
  })

  test('detach -n prints the very manifest and changes nothing', async () => {
    const { status, stdout } = await zoneadm('flash', 'detach', '-n')
    expect(status).toBe(0)
    expect(stdout).toContain('Use zonecfg(1M) and zoneadm(1M) attach.')
    expect((await host.must(['zoneadm', '-z', 'flash', 'list', '-p'])).split(':')[2]).toBe('installed')
  })

  test('a clone is unconfigured, its sysidcfg and keys are gone', async () => {
    await host.must(['zonecfg', '-z', 'web1', 'create -t flash; set zonepath=/zones/web1'])
    const cloned = await zoneadm('web1', 'clone', 'flash')
    expect(cloned.stderr).toBe("WARNING: network address '192.0.2.10/24' is configured in both zones.\n")
    expect(await host.must(['sh', '-c', 'cd /zones/web1/root && ls -A etc etc/ssh'])).toBe(
      'etc:\n.UNCONFIGURED\ndefault\nhosts\ninet\npasswd\nshadow\nssh\n\netc/ssh:\n',
    )
    expect(await read('shadow')).toBe('root::6445::::::\n')
  })

  test.each([
    ['an unknown keyword', `${sysidcfg}nfsv4_domain=dynamic\n`, 'nfsv4_domain'],
    ['a keyword of a later release', `${sysidcfg}auto_reg=disable\n`, 'auto_reg'],
    ['a required keyword that is missing', sysidcfg.replace(/^timezone.*\n/m, ''), 'timezone'],
  ])('waits at its console for %s', async (_, text, word) => {
    await writeSysidcfg(text)
    await host.must(['zoneadm', '-z', 'web1', 'boot'])
    await consoleAsks(word)
    expect(await serviceState()).toBe('offline')
    expect((await host.must(['zoneadm', '-z', 'web1', 'list', '-p'])).split(':')[2]).toBe('running')
    await host.must(['zoneadm', '-z', 'web1', 'halt'])
  })

  test('takes its identity from a good sysidcfg', async () => {
    await writeSysidcfg(sysidcfg)
    await host.must(['zoneadm', '-z', 'web1', 'boot'])
    await waitUntilUp(host, 'web1')
    expect(await read('nodename')).toBe('web1\n')
    expect(await read('shadow')).toBe('root:$5$abcdefgh$newhash:6445::::::\n')
    expect(await read('default/init')).toBe('TZ=US/Central\n')
    expect(await read('ssh/ssh_host_rsa_key.pub')).toMatch(/^ssh-rsa /)
    expect(
      await host.must([
        'zlogin',
        'web1',
        'zonename; hostname; svcs -H -o state multi-user-server; ls /etc/.UNCONFIGURED 2>&1; true',
      ]),
    ).toMatch(/^web1\nweb1\nonline\n.*No such file/)
  })

  test('has an svcs that does not look into zones from outside', async () => {
    expect(await host.run(['svcs', '-z', 'web1'])).toMatchObject({ status: 2, stdout: '' })
    expect(await host.must(['zlogin', 'web1', 'svcs -x'])).toBe('')
  })

  test('has no shutdown subcommand', async () => {
    expect((await zoneadm('web1', 'shutdown')).status).toBe(2)
    await host.must(['zoneadm', '-z', 'web1', 'halt'])
  })

  test('cloning from a snapshot that clone did not take is refused and leaves the zone configured', async () => {
    await host.must(['zfs', 'snapshot', 's10_box/zones/flash@mine'])
    await host.must(['zonecfg', '-z', 'web3', 'create -t flash; set zonepath=/zones/web3'])
    const refused = await zoneadm('web3', 'clone', '-s', 's10_box/zones/flash@mine', 'flash')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain(
      "was not taken\n\tby a 'zoneadm clone' command.  It can not be used to clone zones.",
    )
    expect(await host.must(['tail', '-1', '/etc/zones/index'])).toBe('web3:configured:/zones/web3:\n')
    expect((await zoneadm('web3', 'clone', '-s', 's10_box/zones/flash@SUNWzone1', 'flash')).status).toBe(0)
  })

  test('clone -m copy copies, also setuid bits and hard links', async () => {
    await host.must([
      'sh',
      '-c',
      'cd /zones/flash/root && cp /usr/bin/id usr/bin/id && ln usr/bin/id usr/bin/same && chown 5:6 usr/bin/id && chmod 4511 usr/bin/id',
    ])
    await host.must(['zonecfg', '-z', 'web4', 'create -t flash; set zonepath=/zones/web4'])
    const copied = await zoneadm('web4', 'clone', '-m', 'copy', 'flash')
    expect(copied.stdout).toBe('A ZFS file system has been created for this zone.\nCopying /zones/flash...\n')
    expect(await host.must(['stat', '-c', '%a %u %g %h', '/zones/web4/root/usr/bin/same'])).toBe(
      '4511 5 6 2\n',
    )
  })

  test('a clone needs the same brand and the same inherited directories', async () => {
    await host.must(['zonecfg', '-z', 'sparse', 'create; set zonepath=/zones/sparse'])
    expect((await zoneadm('sparse', 'clone', 'flash')).stderr).toContain(
      'Zone sparse is configured with inherit-pkg-dirs that are not configured in zone flash.',
    )
    expect((await zoneadm('sparse', 'clone', 'sparse')).stderr).toBe(
      'zoneadm: zone sparse is configured; installed is required.\n',
    )
  })
})

describe.skipIf(sandboxLack)('a host without ZFS', () => {
  test('installs and clones zones in plain directories', async () => {
    const host = await createTestHost('plain-box', ['--release', 's10u3', '--no-zfs'])
    await host.must(['sh', '-eus'], makeZoneroot)
    await host.must(['zonecfg', '-z', 'flash', 'create -b; set zonepath=/zones/flash'])
    await host.must(['zoneadm', '-z', 'flash', 'install', '-d', '/var/tmp/source'])
    await host.must(['zonecfg', '-z', 'web', 'create -t flash; set zonepath=/zones/web'])
    expect((await host.run(['zoneadm', '-z', 'web', 'clone', 'flash'])).stdout).toBe(
      'Copying /zones/flash...\n',
    )
    expect(await host.must(['zoneadm', 'list', '-cv'])).toMatch(
      /^ {2}ID NAME {13}STATUS {9}PATH {26}\n {3}0 global .*\n {3}- flash .*\n {3}- web {14}installed/,
    )
    await host.must(['zonecfg', '-z', 'web2', 'create -t flash; set zonepath=/zones/web2'])
    const twoOptions = await host.run(['zoneadm', '-z', 'web2', 'clone', '-m', 'copy', '-s', 'snap', 'flash'])
    expect(twoOptions, 'up to 10/08 clone looks at one option only').toMatchObject({ status: 2 })
    await host.must(['zoneadm', '-z', 'web', 'uninstall', '-F'])
    expect(await host.must(['ls', '/zones'])).toBe('flash\n')
    await host.destroy()
  })
})
