// One zone of a plan: its command file, its first-boot answers, its checks.
import type { AttachPolicy } from '../attach-policy.ts'
import { ProvisionError } from '../errors.ts'
import { OsRelease } from '../host.ts'
import type { Manifest } from '../manifest.ts'
import type { Profile, ProfileZone } from '../profile.ts'
import { splitAddress } from '../sysidcfg/netmask.ts'
import { renderSysidcfg, type SysidInterface } from '../sysidcfg/render.ts'
import { SysidSettings } from '../sysidcfg/settings.ts'
import { renderZonecfgCommands } from '../zone/render-commands.ts'
import { quoteZonecfgValue } from '../zone/zonecfg-value.ts'
import type { PlannedZone } from './schema.ts'

/** The attr that says which version a zone was cloned from; names that begin with "zone" are reserved (zones.md 2.6). */
export const ORIGIN_ATTR = 'flash-origin'

/** @throws PlanConflict, SysidcfgValue, ZonecfgValueInvalid */
export function planZone(
  zone: ProfileZone,
  { profile, manifest, hostRelease }: { profile: Profile; manifest: Manifest; hostRelease: OsRelease },
): PlannedZone {
  if (zone.attr.some(({ name }) => name === ORIGIN_ATTR)) {
    throw new ProvisionError(
      'conflict',
      'PlanConflict',
      `zone ${zone.name} sets the attr ${ORIGIN_ATTR}, which is kept for the zone's origin`,
    )
  }
  const zonepath = zone.zonepath ?? `${profile.zonesRoot}/${zone.name}`
  const settings = SysidSettings.parse({ ...profile.sysid, ...zone.sysid })
  const nodename = nodenameOf(zone.name)
  const rendered =
    manifest.osFamily === 'solaris10'
      ? renderSysidcfg(settings, {
          hostname: nodename,
          release: zoneRelease(manifest, hostRelease, zone.attachPolicy),
          net: zone.ipType === 'exclusive' ? zone.net.map(asInterface) : [],
        })
      : undefined
  return {
    name: zone.name,
    template: manifest.template,
    version: manifest.version,
    osFamily: manifest.osFamily,
    zonepath,
    nodename,
    zonecfg: renderZonecfgCommands(zone, { zonepath, template: `flash${manifest.template}` }),
    replaces: [
      ...zone.fs.map(({ dir }) => `fs dir=${quoteZonecfgValue(dir)}`),
      ...zone.rctl.map(({ name }) => `rctl name=${quoteZonecfgValue(name)}`),
      ...zone.attr.map(({ name }) => `attr name=${quoteZonecfgValue(name)}`),
    ],
    ...(rendered ? { sysidcfg: rendered.text } : { rootPassword: settings.rootPassword }),
    touch: rendered?.touch ?? [],
    timezone: settings.timezone,
    ways: [],
    smoke: zone.smoke,
  }
}

/**
 * What the zone will run at its first boot. A native zone of Solaris 10 runs what its host runs: attach lets no other in, or
 * updates it; only `-F` leaves it as it was. Other brands bring their own; when nobody said which, it is the last update.
 */
function zoneRelease(manifest: Manifest, hostRelease: OsRelease, attachPolicy: AttachPolicy): OsRelease {
  const said = OsRelease.safeParse(manifest.osRelease).data
  if (hostRelease === 'illumos') return said ?? 's10u11'
  return manifest.brand === 'native' && attachPolicy !== 'force' ? hostRelease : (said ?? hostRelease)
}

/** A zone's name may hold what a nodename may not: `web_1.test` is the node `web-1-test`. */
function nodenameOf(zone: string): string {
  return zone
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .replace(/-+$/, '')
    .slice(0, 63)
}

function asInterface({ physical, allowedAddress, defrouter }: ProfileZone['net'][number]): SysidInterface {
  const address = allowedAddress === undefined ? undefined : splitAddress(allowedAddress)
  if (!address) return { name: physical }
  return {
    name: physical,
    address: { ...address, ...(defrouter !== undefined && { defaultRoute: defrouter }) },
  }
}
