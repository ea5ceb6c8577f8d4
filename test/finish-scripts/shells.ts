// The shells under which everything that runs on hosts is tried. The Bourne shell of Solaris 10 is no package of any Linux;
// where one was built (heirloom-sh is that of OpenSolaris), ZONEFLASH_BOURNE_SHELL names it, and it is tried too.
type Shell = readonly [string, ...string[]]

const bourne = process.env['ZONEFLASH_BOURNE_SHELL']
const bourneShells: readonly Shell[] = bourne === undefined ? [] : [[bourne]]

export const shells: readonly Shell[] = [
  ['dash'],
  ['bash'],
  ['ksh93'],
  ['mksh'],
  ['posh'],
  ['busybox', 'sh'],
  ...bourneShells,
]

/** One of each family, for what takes long: Almquist's, Korn's, busybox', and Bourne's own where there is one. */
export const shellFamilies: readonly Shell[] = [['dash'], ['ksh93'], ['busybox', 'sh'], ...bourneShells]
