// What of a zone's configuration may not work on another host: the archive rows, of zones.md 8.1, each with a stable name.
import { z } from 'zod'

export const ArchiveRow = z.enum([
  'net',
  'autoboot',
  'lofs',
  'ufs',
  'private-fs',
  'svm',
  'device',
  'dataset',
  'nfs-zonepath',
  'zonepath',
  'zonepath-dataset',
  'configuration',
  'incomplete',
])
export type ArchiveRow = z.infer<typeof ArchiveRow>

/** Rows that no `--allow` lets through: without the files there is no zone in the archive. */
const final: readonly ArchiveRow[] = ['nfs-zonepath', 'zonepath', 'incomplete']

/** A refusal keeps the archive from being made unless its row is allowed; a warning travels with it. */
export interface ZoneFinding {
  zone: string
  row: ArchiveRow
  severity: 'warning' | 'refusal'
  /** what was found, with its value */
  what: string
  /** what to do about it */
  advice: string
}

export function isNeverAllowed(row: ArchiveRow): boolean {
  return final.includes(row)
}

/** `refused zone db, svm: fs /data is the volume /dev/md/dsk/d10; an installer makes no volumes: …` */
export function findingLine({ zone, row, severity, what, advice }: ZoneFinding): string {
  return `${severity === 'refusal' ? 'refused' : 'warning'} zone ${zone}, ${row}: ${what}; ${advice}`
}

/** The longest text that the manifest keeps of a finding: a value may be long. */
const MAX_KEPT = 1024

/** A warning as the manifest keeps it, beside the zone. */
export function warningLine({ row, what, advice }: ZoneFinding): string {
  return `${row}: ${what}; ${advice}`.slice(0, MAX_KEPT)
}

/** A refusal that was allowed, as the manifest keeps it; versions of before the row stood by itself have the text `row: what`. */
export const HeldFinding = z.union([
  z.object({ row: ArchiveRow, what: z.string().max(MAX_KEPT) }),
  z.string().max(MAX_KEPT),
])
export type HeldFinding = z.infer<typeof HeldFinding>

export function heldFinding({ row, what, advice }: ZoneFinding): HeldFinding {
  return { row, what: `${what}; ${advice}`.slice(0, MAX_KEPT) }
}

/** `device: device /dev/rmt/0; it works on identical hardware only` */
export function heldLine(held: HeldFinding): string {
  return typeof held === 'string' ? held : `${held.row}: ${held.what}`
}

/** Whether its row is one of those that somebody has looked after. */
export function isAllowed(held: HeldFinding, allow: readonly ArchiveRow[]): boolean {
  return allow.some((row) => (typeof held === 'string' ? held.startsWith(`${row}: `) : held.row === row))
}
