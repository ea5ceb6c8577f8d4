// The shells under which everything that runs on hosts is tried; the real Solaris 10 Bourne shell runs on no Linux.
export const shells: readonly (readonly [string, ...string[]])[] = [
  ['dash'],
  ['bash'],
  ['ksh93'],
  ['mksh'],
  ['posh'],
  ['busybox', 'sh'],
]

/** One of each family, for what takes long: Almquist's, Korn's, busybox'. */
export const shellFamilies = shells.filter(([name]) => ['dash', 'ksh93', 'busybox'].includes(name))
