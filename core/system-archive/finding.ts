/** What of a zone's configuration may not work on another host: the rows of zones.md 8.1, each with a stable name. */
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
export interface Finding {
  zone: string
  row: ArchiveRow
  severity: 'warning' | 'refusal'
  /** what was found, with its value */
  what: string
  /** what to do about it */
  advice: string
}

export function isFinal(row: ArchiveRow): boolean {
  return final.includes(row)
}

/** `refused  db  svm: /dev/md/dsk/d10 on /data …: …` */
export function findingLine({ zone, row, severity, what, advice }: Finding): string {
  return `${severity === 'refusal' ? 'refused' : 'warning'} zone ${zone}, ${row}: ${what}; ${advice}`
}

/** As the manifest keeps it, beside the zone; bounded, since a value may be long. */
export function keptLine({ row, what, advice }: Finding): string {
  return `${row}: ${what}; ${advice}`.slice(0, 1024)
}
