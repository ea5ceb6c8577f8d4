// An install profile as values: JumpStart's class file (jumpstart.md 2.1).

export const installTypes = ['initial_install', 'upgrade', 'flash_install', 'flash_update'] as const
export type InstallType = (typeof installTypes)[number]

export interface InstallProfileLine {
  /** of the file, 1 at first */
  line: number
  /** in lower case */
  keyword: string
  words: readonly string[]
}

/** In the order of the file; archives are installed one over the other in it. */
export type InstallProfile = readonly InstallProfileLine[]

/** The words of the first line with the keyword. */
export function wordsOf(profile: InstallProfile, keyword: string): readonly string[] | undefined {
  return profile.find((line) => line.keyword === keyword)?.words
}

/** undefined: none that there is */
export function installTypeOf(profile: InstallProfile): InstallType | undefined {
  const word = wordsOf(profile, 'install_type')?.[0]?.toLowerCase()
  return installTypes.find((type) => type === word)
}

/** One that makes a ZFS root. */
export const isZfsRoot = (profile: InstallProfile): boolean =>
  profile.some(({ keyword }) => keyword === 'pool')
