// The install profile that the server gives a host: its own words, or what its golden system needs before the finish script.
import { ProvisionError } from '../../errors.ts'
import { firstOf } from '../../first-of.ts'
import type { PlannedSystem } from '../../plan/schema.ts'
import { hasErrors } from '../../problem.ts'
import { checkInstallProfile } from '../install-profile/check.ts'
import { renderJumpStartProblem } from '../problem.ts'

/** Variables of the installer that an install profile may name as `$SI_…`; the begin script fills them in. */
export const clientWords = {
  SI_HOSTNAME: { probe: 'hostname', sample: 'h1' },
  SI_HOSTADDRESS: { probe: 'hostaddress', sample: '192.0.2.1' },
  SI_ROOTDISK: { probe: 'rootdisk', sample: 'c0t0d0s0' },
  SI_MEMSIZE: { probe: 'memsize', sample: '4096' },
  SI_KARCH: { probe: 'karch', sample: 'i86pc' },
} as const
export type ClientWord = keyof typeof clientWords

/** Those that the text names, in the order of the table. */
export function clientWordsOf(text: string): ClientWord[] {
  const named = new Set(text.match(/\$SI_[A-Z]+/g))
  return (Object.keys(clientWords) as ClientWord[]).filter((word) => named.has(`$${word}`))
}

/** Errors that a refusal names. */
const TOLD = 10

/** @throws InstallProfileInvalid with the first errors, by line */
export function assertInstallProfile(text: string): void {
  // begin edits what a longer word begins with, too
  const odd = text
    .replaceAll(/#.*/g, '')
    .match(/\$SI_[A-Z]+/g)
    ?.find((word) => !isClientWord(word.slice(1)))
  if (odd !== undefined) {
    const words = Object.keys(clientWords).map((word) => `$${word}`)
    throw new ProvisionError(
      'conflict',
      'InstallProfileInvalid',
      `the install profile names ${odd.slice(0, 40)}, expected one of ${words.join(', ')}`,
    )
  }
  const filled = text.replaceAll(/\$(SI_[A-Z]+)/g, (all, word: string) =>
    isClientWord(word) ? clientWords[word].sample : all,
  )
  const { problems } = checkInstallProfile(filled, 'installProfile')
  if (!hasErrors(problems)) return
  const errors = problems.filter(({ severity }) => severity === 'error')
  const told = firstOf(errors.map(renderJumpStartProblem), TOLD)
  throw new ProvisionError('conflict', 'InstallProfileInvalid', `the install profile is wrong: ${told}`)
}

const isClientWord = (word: string): word is ClientWord => Object.hasOwn(clientWords, word)

/**
 * For a golden system that comes as a ZFS stream or an archive: the smallest Solaris with a root of ZFS. Its boot environment
 * lives until the golden one has booted.
 */
export function holdingProfile({ pool }: Pick<PlannedSystem, 'pool'>): string {
  return [
    'install_type initial_install',
    'cluster SUNWCrnet',
    `pool ${pool} auto auto auto any`,
    'bootenv installbe bename zoneflash-installer',
    '',
  ].join('\n')
}
