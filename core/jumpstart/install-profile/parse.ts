// Reads and prints install profiles; what the words mean is checked in check.ts.
import type { JumpStartProblem } from '../problem.ts'
import { readTextLines } from '../text-lines.ts'
import { findProfileKeyword } from './keywords.ts'
import type { InstallProfile } from './profile.ts'

export interface ParsedInstallProfile {
  /** with LF as line ends */
  text: string
  profile: InstallProfile
  problems: JumpStartProblem[]
}

/** A keyword a line, in upper or lower case; `file` as messages name it. */
export function parseInstallProfile(source: string | Uint8Array, file = 'profile'): ParsedInstallProfile {
  const { text, lines, problems } = readTextLines(source, { file })
  const profile = lines.map(({ number, text: line }) => {
    const [keyword = '', ...words] = line.split(/[ \t]/).filter((word) => word !== '')
    return { line: number, keyword: keyword.toLowerCase(), words }
  })
  return { text, profile, problems }
}

/** Without comments, the words of all lines below each other. */
export function printInstallProfile(profile: InstallProfile): string {
  const width = Math.max(16, ...profile.slice(0, 1000).map(({ keyword }) => keyword.length))
  return profile
    .map(({ keyword, words }) => `${[keyword.padEnd(width), ...words].join(' ').trimEnd()}\n`)
    .join('')
}

/**
 * Whether a text wants to be an install profile and not YAML: its first line begins with a keyword, or is words without a colon,
 * which no mapping begins with. A first keyword that is misspelt is told by the check then.
 */
export function looksLikeInstallProfile(text: string): boolean {
  const lines = text.slice(0, 65_536).split('\n')
  const first = (lines.find((line) => !/^[ \t\r]*(#|$)/.test(line)) ?? '').replace(/#.*/, '').trim()
  const [word = '', ...others] = first.split(/[ \t]/)
  if (findProfileKeyword(word.toLowerCase()) !== undefined || /^install_type:/i.test(word)) return true
  return others.length > 0 && /^[a-z]/i.test(word) && !first.includes(':')
}
