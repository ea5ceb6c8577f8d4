import type { Profile } from './profile.ts'
import { ProvisionError } from './errors.ts'
import { maskInstallProfile } from './jumpstart/documents/mask-install-profile.ts'
import type { AutoReg, SysidOverrides } from './sysidcfg/settings.ts'

/** What stands where a secret was. It is no crypt hash, so a masked profile cannot be stored by mistake without the one it is from. */
export const MASK = '****'

/** The profile for reading: root password hashes and passwords of the LDAP proxy, of registration and of archives are hidden. */
export function maskProfile(profile: Profile): Profile {
  return {
    ...profile,
    sysid: maskSysid(profile.sysid),
    ...withInstallProfile(profile, (text) => maskInstallProfile(text, MASK)),
    zones: profile.zones.map((zone) => (zone.sysid ? { ...zone, sysid: maskSysid(zone.sysid) } : zone)),
  }
}

function withInstallProfile(
  { jumpstart }: Profile,
  change: (text: string) => string,
): Pick<Profile, 'jumpstart'> {
  if (jumpstart?.installProfile === undefined) return {}
  return { jumpstart: { ...jumpstart, installProfile: change(jumpstart.installProfile) } }
}

/** Only a text that is as it was shown: nobody knows which password belongs where in another. @throws SecretMasked */
function unmaskInstallProfile(text: string, stored: Profile | undefined): string {
  if (!text.includes(MASK)) return text
  const kept = stored?.jumpstart?.installProfile
  const isAsShown = kept !== undefined && maskInstallProfile(kept, MASK) === text
  return secretOf(isAsShown ? kept : undefined, 'a password in jumpstart.installProfile')
}

function maskSysid<S extends SysidOverrides>(settings: S): S {
  const { rootPassword, nameService, autoReg } = settings
  return {
    ...settings,
    ...(typeof autoReg === 'object' && {
      autoReg: withPasswords(autoReg, () => MASK),
    }),
    ...(rootPassword !== undefined && rootPassword !== 'NP' && { rootPassword: MASK }),
    ...(nameService?.kind === 'LDAP' &&
      nameService.proxyPassword !== undefined && { nameService: { ...nameService, proxyPassword: MASK } }),
  }
}

/**
 * The profile with the secrets of the stored one where it is masked, so that what was shown can be edited and stored. Zones are
 * found by name. @throws SecretMasked when there is none to put in
 */
export function unmaskProfile(profile: Profile, stored: Profile | undefined): Profile {
  const zoneOf = (name: string) => stored?.zones.find((zone) => zone.name === name)
  return {
    ...profile,
    sysid: unmaskSysid(profile.sysid, stored?.sysid, 'sysid'),
    ...withInstallProfile(profile, (text) => unmaskInstallProfile(text, stored)),
    zones: profile.zones.map((zone) =>
      zone.sysid
        ? { ...zone, sysid: unmaskSysid(zone.sysid, zoneOf(zone.name)?.sysid, `sysid of zone ${zone.name}`) }
        : zone,
    ),
  }
}

function unmaskSysid<S extends SysidOverrides>(
  settings: S,
  stored: SysidOverrides | undefined,
  where: string,
): S {
  const { rootPassword, nameService, autoReg } = settings
  const kept = stored?.nameService
  const keptReg = stored?.autoReg
  return {
    ...settings,
    ...(typeof autoReg === 'object' && {
      autoReg: withPasswords(autoReg, (key, given) =>
        given === MASK ? secretOf(passwordOf(keptReg, key), `${key} in ${where}`) : given,
      ),
    }),
    ...(rootPassword === MASK && {
      rootPassword: secretOf(stored?.rootPassword, `rootPassword in ${where}`),
    }),
    ...(nameService?.kind === 'LDAP' &&
      nameService.proxyPassword === MASK && {
        nameService: {
          ...nameService,
          proxyPassword: secretOf(
            kept?.kind === 'LDAP' ? kept.proxyPassword : undefined,
            `proxyPassword in ${where}`,
          ),
        },
      }),
  }
}

type RegPassword = 'oraclePassword' | 'httpProxyPassword'

/** The same with other passwords, where it has any. */
function withPasswords(
  reg: Exclude<AutoReg, string>,
  replace: (key: RegPassword, given: string) => string,
): AutoReg {
  const oraclePassword = replace('oraclePassword', reg.oraclePassword)
  if (reg.kind === 'noproxy' || reg.httpProxyPassword === undefined) return { ...reg, oraclePassword }
  return { ...reg, oraclePassword, httpProxyPassword: replace('httpProxyPassword', reg.httpProxyPassword) }
}

function passwordOf(reg: AutoReg | undefined, key: RegPassword): string | undefined {
  if (typeof reg !== 'object') return undefined
  if (key === 'oraclePassword') return reg.oraclePassword
  return reg.kind === 'all' ? reg.httpProxyPassword : undefined
}

function secretOf(stored: string | undefined, what: string): string {
  if (stored !== undefined && stored !== MASK) return stored
  throw new ProvisionError(
    'invalid',
    'SecretMasked',
    `${what} is ${MASK} and none is stored, expected the secret`,
  )
}
