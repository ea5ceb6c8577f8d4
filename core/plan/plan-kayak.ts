// What kayak will be told of a host, as its profile and its record are when it is armed.
import type { Host } from '../host.ts'
import type { Profile } from '../profile.ts'
import type { NameService } from '../sysidcfg/settings.ts'
import type { PlannedKayak } from './schema.ts'

/** Undefined unless kayak installs the host. */
export function planKayak({ kayak, sysid, system }: Profile, { interfaces }: Host): PlannedKayak | undefined {
  if (!kayak) return undefined
  return {
    settings: kayak,
    pool: system?.pool ?? 'rpool',
    rootPassword: sysid.rootPassword,
    timezone: sysid.timezone,
    nameService: withoutPassword(sysid.nameService),
    ...(interfaces && { interfaces }),
  }
}

/** kayak sets up DNS alone: a plan has no use for the secret of another service. */
function withoutPassword(service: NameService): NameService {
  if (service.kind !== 'LDAP') return service
  const { proxyPassword: _proxyPassword, ...others } = service
  return others
}
