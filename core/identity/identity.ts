// What makes two clones tell apart: one list for each family of systems, item for item that of finish-scripts/identity.sh.
import { ProvisionError } from '../errors.ts'
import type { PlannedZone } from '../plan/schema.ts'
import type { Change } from '../zfs/write/change.ts'
import { dropKeytabs, dropTmp, putSysidcfg, setRootPassword } from './common-items.ts'
import * as linux from './linux-items.ts'
import type { IdentityMaterial } from './material.ts'
import * as solaris from './solaris-items.ts'
import type { ZonerootEntry } from './zoneroot-entry.ts'
import { Zoneroot } from './zoneroot.ts'

export interface IdentityRequest {
  /** what the template's zoneroot holds */
  entries: Iterable<ZonerootEntry>
  zone: PlannedZone
  material: IdentityMaterial
  /** contents of a small file, by its path below the zoneroot: `etc/shadow` */
  readFile: (path: string) => Promise<Uint8Array>
  /** whether the zone is made without `zoneadm clone`, which unconfigures a native zone */
  attached: boolean
}

/**
 * What reset_identity and write_sysidcfg would do to the zoneroot of a fresh clone, except for new ssh host keys. Paths are below the zoneroot.
 * @throws IdentityRefused where they would refuse: a directory on the way to a file is a symbolic link or missing
 */
export async function identityOf(request: IdentityRequest): Promise<Change[]> {
  const { zone, attached, material } = request
  const root = new Zoneroot({ ...request, zone: zone.name })
  if (!root.leadsToDirectory('etc')) {
    throw new ProvisionError(
      'conflict',
      'IdentityRefused',
      `the zoneroot of ${zone.template}@${zone.version} holds no etc`,
    )
  }
  if (zone.osFamily === 'solaris10') {
    if (attached) await solaris.clearRootPassword(root)
    await resetSolaris10(root, zone)
  } else if (zone.osFamily === 'illumos') await resetIllumos(root, zone)
  else await resetLinux(root, zone, material)
  putSysidcfg(root, zone)
  return root.changes()
}

/** The first boot asks sysidcfg for the rest, so most of it only has to go. */
async function resetSolaris10(root: Zoneroot, zone: PlannedZone): Promise<void> {
  solaris.dropNodeName(root)
  solaris.dropInterfaces(root)
  solaris.defaultSolarisHosts(root, zone)
  await solaris.defaultTransportHosts(root)
  solaris.dropNetworkSettings(root)
  solaris.dropSysidState(root)
  solaris.unconfigure(root)
  solaris.dropSshHostKeys(root)
  dropKeytabs(root)
  solaris.dropNameServiceCaches(root)
  solaris.dropServiceTags(root)
  solaris.emptySolarisLogs(root)
  dropTmp(root)
}

/** Nobody asks at first boot, so the answers are written here. */
async function resetIllumos(root: Zoneroot, zone: PlannedZone): Promise<void> {
  solaris.writeNodeName(root, zone)
  solaris.dropInterfaces(root)
  solaris.defaultSolarisHosts(root, zone)
  solaris.dropNetworkSettings(root)
  solaris.emptyLinkSettings(root)
  solaris.dropSysidState(root)
  solaris.dropSshHostKeys(root)
  dropKeytabs(root)
  solaris.dropNameServiceCaches(root)
  await setRootPassword(root, zone)
  await solaris.setSolarisTimezone(root, zone)
  solaris.emptySolarisLogs(root)
  dropTmp(root)
}

async function resetLinux(root: Zoneroot, zone: PlannedZone, material: IdentityMaterial): Promise<void> {
  linux.newMachineId(root, material)
  linux.writeLinuxHostname(root, zone)
  linux.writeLinuxHosts(root, zone)
  linux.newSshHostKeys(root)
  linux.dropDhcpLeases(root)
  linux.dropRandomSeed(root)
  linux.dropCloudState(root)
  dropKeytabs(root)
  await setRootPassword(root, zone)
  linux.setLinuxTimezone(root, zone)
  linux.emptyLinuxLogs(root)
  dropTmp(root)
}
