// A golden native zone on a sandbox host: installed from a zoneroot, booted with its sysidcfg, halted, detached.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { makeSolaris10Zoneroot, type ZonerootOptions } from '#test/fixtures/solaris10-zoneroot.ts'
import { sendFile, waitUntilUp, type TestHost } from './sandbox-fixture.ts'

const sysidcfg = `system_locale=C
terminal=vt100
network_interface=PRIMARY { hostname=golden-web }
name_service=NONE
security_policy=NONE
nfs4_domain=dynamic
timezone=US/Central
root_password='$5$goldenzn$hashofthegoldenzone'
`

/** Makes a zoneroot in a temporary directory for as long as `use` takes. */
export async function withZoneroot<T>(
  options: ZonerootOptions,
  use: (zoneroot: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-zoneroot-'))
  try {
    makeSolaris10Zoneroot(path.join(directory, 'zoneroot'), options)
    return await use(path.join(directory, 'zoneroot'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Leaves the detached zone `zone` on a host of Solaris 10 10/09. */
export async function makeGoldenZone(host: TestHost, zone: string): Promise<void> {
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
  await host.must(
    ['zonecfg', '-z', zone, '-f', '-'],
    `create
set zonepath=/zones/${zone}
set autoboot=true
add net
set physical=bge0
set address=192.0.2.99/24
end
add rctl
set name=zone.cpu-shares
add value (priv=privileged,limit=5,action=none)
end
add attr
set name=owner
set type=string
set value="golden people"
end
add attr
set name=comment
set type=string
set value="kept by clones"
end
verify
commit
`,
  )
  await host.must(['zoneadm', '-z', zone, 'install', '-d', '/var/tmp/zoneroot', '-u'])
  await host.must(['sh', '-c', `umask 077; cat >/zones/${zone}/root/etc/sysidcfg`], sysidcfg)
  await host.must(['zoneadm', '-z', zone, 'boot'])
  await waitUntilUp(host, zone)
  await host.must(['zoneadm', '-z', zone, 'halt'])
  await host.must(['zoneadm', '-z', zone, 'detach'])
}
