import type { Entry } from '../entry.ts'
import type { OsFamily } from '../manifest.ts'

/** What is known of the version that is searched. */
export interface HygieneContext {
  osFamily: OsFamily
  /** what the zone was called while it was made */
  ownNames: readonly string[]
}

/** One thing that must not travel. `path` of the entries and files here is the one in the zone, without a slash at its beginning. */
export interface HygieneRule {
  /** stable: recipes name it in their exceptions */
  name: string
  /** what it finds, in a few words */
  what: string
  why: string
  fix: string
  /** what is wrong with an entry, told by the index alone */
  entry?: (entry: Entry, context: HygieneContext) => string | undefined
  /** how many bytes of an entry have to be read to tell; 0 for none */
  reads?: (entry: Entry, context: HygieneContext) => number
  /** what is wrong with the contents of one that was read */
  contents?: (path: string, contents: Uint8Array, context: HygieneContext) => readonly string[]
}

/** Files of settings are smaller than this; what lies behind it is not judged. */
export const SMALL = 1024 * 1024

/** Whether there is anything in it. A hard link's size is with its other name. */
export function holdsSomething({ type, size }: Entry): boolean {
  return type === 'hardlink' || (type === 'file' && size > 0)
}

export const isFile = ({ type }: Entry): boolean => type === 'file' || type === 'hardlink'

export const isSolarisKin = ({ osFamily }: HygieneContext): boolean => osFamily !== 'linux'

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** As text, whatever the bytes. */
export function textOf(contents: Uint8Array): string {
  return new TextDecoder('latin1').decode(contents)
}
