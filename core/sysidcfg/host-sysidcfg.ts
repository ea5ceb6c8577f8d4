// The sysidcfg of a whole host: its global zone asks what a zone is never asked (zones.md 6.2).
import { isAtLeast, nodenameOf, type Host, type HostInterface } from '../host.ts'
import { splitAddress } from './netmask.ts'
import { renderSysidcfg, type RenderedSysidcfg, type SysidInterface } from './render.ts'
import type { SysidSettings } from './settings.ts'

/**
 * Renders it for the host's interfaces; without any the only one asks DHCP. The clock belongs to the global zone, so the time
 * is asked for unless a server is named; the keyboard is, from 8/07 on.
 * @throws SysidcfgValue for a name no host can have, or an interface called PRIMARY among several
 */
export function renderHostSysidcfg(host: Host, settings: SysidSettings): RenderedSysidcfg {
  const { release, interfaces = [] } = host
  const answers = {
    ...settings,
    timeserver: settings.timeserver ?? 'localhost',
    // sysidkbd came with 8/07
    ...(isAtLeast(release, 's10u4') && { keyboard: settings.keyboard ?? 'US-English' }),
  }
  return renderSysidcfg(answers, {
    hostname: nodenameOf(host),
    release,
    net: interfaces.length === 0 ? [{}] : interfaces.map(asInterface),
  })
}

function asInterface({
  name,
  primary,
  address,
  defaultRoute,
  hostname,
  ipv6,
}: HostInterface): SysidInterface {
  const split = address === undefined ? undefined : splitAddress(address)
  return {
    name,
    ipv6,
    ...(primary !== undefined && { primary }),
    ...(hostname !== undefined && { hostname }),
    ...(split && { address: { ...split, ...(defaultRoute !== undefined && { defaultRoute }) } }),
  }
}
