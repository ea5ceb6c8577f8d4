// Paths of files in the JumpStart directory: relative to it, and such that a tar of 1988 can hold them.
import { OF_THE_SERVER } from './rules/rules.ts'

/** Written by hand and never generated; the rest of RESERVED is the server's. */
export const CUSTOM_PROBES = 'custom_probes'

/**
 * What the server writes into the directory that a client gets, and what it answers with in its place; nothing has such a name,
 * and no directory either: a tar that has a file and a directory of one name leaves one of the two.
 */
const RESERVED = [
  'rules',
  'rules.ok',
  'sysidcfg',
  'custom_probes.ok',
  'check',
  'config.tar',
  'plan.json',
  'zones.sh',
  'events',
  'zones',
  'flash',
  'blobs',
  'kayak',
  'kayaklog',
  'cgi-bin',
  'wanboot',
  ...Object.values(OF_THE_SERVER),
]

/** What is expected instead of a path that cannot be; undefined when it can. */
export function pathProblem(path: string): string | undefined {
  if (path === '=') return 'a path: = is for install profiles that a begin script writes'
  if (path.startsWith('/')) return 'a path relative to the JumpStart directory'
  if (path.length > 100) return 'at most 100 characters'
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'a path without ., .. and empty parts'
  if (!parts.every((part) => /^[A-Za-z0-9_+=@%:,.][A-Za-z0-9_+=@%:,.-]*$/.test(part)))
    return 'letters, digits and _ + = @ % : , . - in each part'
  // a word of JavaScript objects, which files are kept in
  if (path === '__proto__') return 'another name'
  return undefined
}

/** The same for a file that somebody stores. */
export function fileNameProblem(path: string): string | undefined {
  const [first = ''] = path.split('/', 1)
  if (RESERVED.includes(first)) return `another name: ${first} is what the server writes there`
  return pathProblem(path)
}
