// What Linux in an lx zone resets. Each item is the function of that name in finish-scripts/identity.sh: both belong together.
import { ProvisionError } from '../errors.ts'
import type { PlannedZone } from '../plan/schema.ts'
import type { IdentityMaterial } from './material.ts'
import type { Zoneroot } from './zoneroot.ts'

const MACHINE_ID_BYTES = 16

/** @throws ProvisionError when the material is not 16 bytes */
export function newMachineId(root: Zoneroot, { machineId }: IdentityMaterial): void {
  if (machineId.byteLength !== MACHINE_ID_BYTES) {
    throw new ProvisionError(
      'invalid',
      'IdentityMaterialInvalid',
      `a machine-id of ${machineId.byteLength} bytes was given, expected ${MACHINE_ID_BYTES}`,
    )
  }
  root.put(
    'etc/machine-id',
    0o444,
    `${Array.from(machineId, (byte) => byte.toString(16).padStart(2, '0')).join('')}\n`,
  )
  // where D-Bus keeps its own and not a link to the first, it is made from that at the next boot
  if (root.isFile('var/lib/dbus/machine-id')) root.drop('var/lib/dbus/machine-id')
}

export function writeLinuxHostname(root: Zoneroot, { nodename }: PlannedZone): void {
  root.put('etc/hostname', 0o644, `${nodename}\n`)
  if (root.isFile('etc/mailname')) root.put('etc/mailname', 0o644, `${nodename}\n`)
}

export function writeLinuxHosts(root: Zoneroot, { nodename }: PlannedZone): void {
  const lines = [
    '127.0.0.1\tlocalhost',
    `127.0.1.1\t${nodename}`,
    '::1\t\tlocalhost ip6-localhost ip6-loopback',
    'ff02::1\t\tip6-allnodes',
    'ff02::2\t\tip6-allrouters',
  ]
  root.put('etc/hosts', 0o644, `${lines.join('\n')}\n`)
}

/** They only go: the host has looked in the template for their types and makes the new ones, or the zone does. */
export function newSshHostKeys(root: Zoneroot): void {
  root.needRealDirectory('etc/ssh')
  const hasServer = root.leadsToFile('etc/ssh/sshd_config') || root.leadsToFile('etc/ssh/ssh_host_rsa_key')
  if (hasServer) root.dropMatching('etc/ssh', 'ssh_host_*')
}

export function dropDhcpLeases(root: Zoneroot): void {
  root.dropMatching('var/lib/dhcp', '*.lease*', '*.duid')
  root.dropMatching('var/lib/dhclient', '*')
  root.dropMatching('var/lib/dhcpcd', '*')
  root.dropMatching('var/lib/NetworkManager', '*.lease', 'secret_key', 'seen-bssids', 'timestamps')
}

export function dropRandomSeed(root: Zoneroot): void {
  root.drop('var/lib/systemd/random-seed', 'var/lib/urandom/random-seed', 'var/lib/random-seed')
}

export function dropCloudState(root: Zoneroot): void {
  root.drop('var/lib/cloud/instance', 'var/lib/cloud/instances', 'var/lib/cloud/data')
}

export function setLinuxTimezone(root: Zoneroot, { timezone }: PlannedZone): void {
  if (!root.leadsToFile(`usr/share/zoneinfo/${timezone}`)) return
  root.link('etc/localtime', `/usr/share/zoneinfo/${timezone}`)
  root.put('etc/timezone', 0o644, `${timezone}\n`)
}

export function emptyLinuxLogs(root: Zoneroot): void {
  root.dropMatching('var/log/journal', '*')
  root.dropMatching('var/log', '*.gz', '*.[0-9]', '*.old')
  root.emptyBelow('var/log')
}
