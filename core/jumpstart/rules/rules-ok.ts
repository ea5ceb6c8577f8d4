// rules.ok: what the client reads (jumpstart.md 1.5).
import { printRules } from './print.ts'
import type { Rules } from './rules.ts'

/** The rules without comments, and a last line with version and checksum. */
export function renderRulesOk(rules: Rules): string {
  return withChecksum(printRules(rules))
}

/** The text with the last line that `check` writes: a comment to whatever reads the rest. */
export function withChecksum(text: string): string {
  return `${text}# version=2 checksum=${systemVSum(new TextEncoder().encode(text))}\n`
}

/** The first number that `sum` of System V prints: all bytes added, folded into 16 bits twice. */
export function systemVSum(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (sum + byte) >>> 0
  const folded = (sum & 0xffff) + (sum >>> 16)
  return (folded & 0xffff) + (folded >>> 16)
}
