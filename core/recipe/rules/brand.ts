import type { OsRelease } from '../../host.ts'
import type { OsFamily } from '../../manifest.ts'
import { quoted } from '../../quoted.ts'
import { wrong, type RecipeRule } from './rule.ts'

interface Brand {
  /** what runs in a zone of it */
  family: OsFamily
  /** whose zonecfg its commands are written for */
  release: OsRelease
}

const solaris: Brand = { family: 'solaris10', release: 's10u11' }
const illumos: Brand = { family: 'illumos', release: 'illumos' }

/** The brands whose zones are directories of files, so that they can be customised, packaged and cloned (zones.md 2.5). */
export const brands: Readonly<Record<string, Brand>> = {
  native: solaris,
  cluster: solaris,
  solaris8: solaris,
  solaris9: solaris,
  solaris10: { family: 'solaris10', release: 'illumos' },
  ipkg: illumos,
  lipkg: illumos,
  nlipkg: illumos,
  sparse: illumos,
  pkgsrc: illumos,
  illumos,
  joyent: illumos,
  'joyent-minimal': illumos,
  lx: { family: 'linux', release: 'illumos' },
}

/** Their zones hold a virtual machine with a disk. */
const machines = ['bhyve', 'kvm', 'emu']

export function findBrand(name: string): Brand | undefined {
  return Object.hasOwn(brands, name) ? brands[name] : undefined
}

export const brandRule: RecipeRule = ({ recipe: { brand, osFamily, origin, sysidcfg }, resolve }) => {
  const known = findBrand(brand)
  if (machines.includes(brand))
    return [
      wrong(
        ['brand'],
        `brand is ${quoted(brand)}, a virtual machine whose disk cannot be customised or searched, expected one of ${Object.keys(brands).join(', ')}`,
      ),
    ]
  if (!known)
    return [wrong(['brand'], `brand is ${quoted(brand)}, expected one of ${Object.keys(brands).join(', ')}`)]
  const findings = []
  if (osFamily !== known.family)
    findings.push(
      wrong(['osFamily'], `osFamily is ${osFamily}, expected ${known.family} as brand is ${quoted(brand)}`),
    )
  if (known.family !== 'solaris10' && Object.keys(sysidcfg).length > 0)
    findings.push(
      wrong(
        ['sysidcfg'],
        `sysidcfg answers ${Object.keys(sysidcfg).join(', ')}, expected nothing: the first boot of brand ${quoted(brand)} asks no questions`,
      ),
    )
  const parent = origin === undefined ? undefined : resolve(origin.split('@')[0] ?? '')
  if (parent && parent.brand !== brand)
    findings.push(
      wrong(
        ['brand'],
        `brand is ${quoted(brand)}, expected ${quoted(parent.brand)}: the zone is cloned from ${parent.name}`,
      ),
    )
  return findings
}
