// Programs that run with their owner's rights: those that the origin had are known, others have to be explained.
import type { Entry } from '../entry.ts'
import { isFile, type HygieneRule } from './rule.ts'

export const SETUID_RULE = 'setuid'

export const isSetuid = (entry: Entry): boolean => isFile(entry) && (entry.mode & 0o6000) !== 0

/** From a path to `mode owner group`: what makes it the same program as before, however its contents changed. */
export type SetuidFiles = ReadonlyMap<string, string>

export function rightsOf({ mode, uid, gid }: Entry): string {
  return `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`
}

/** What is new about a setuid or setgid file; without an origin none is. */
export function setuidMessage(entry: Entry, origin: SetuidFiles | undefined): string | undefined {
  if (origin === undefined || !isSetuid(entry)) return undefined
  const before = origin.get(entry.path)
  const now = rightsOf(entry)
  if (before === now) return undefined
  return before === undefined
    ? `is setuid or setgid (${now}), and the origin has no such file there`
    : `is setuid or setgid (${now}), in the origin it was ${before}`
}

/** For the documentation: what it finds depends on the origin, so it is not judged by itself. */
export const setuidRule: HygieneRule = {
  name: SETUID_RULE,
  what: 'setuid and setgid files that the origin did not have with this mode and owner; without an origin none',
  why: 'each is a way to other rights in every clone, so it should be there on purpose',
  fix: '`chmod u-s,g-s`, or an exception in the recipe that says why it is needed',
}
