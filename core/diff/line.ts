// What a comparison of two versions tells, line by line: first what the zones are, then their files, then how much it was.
import { z } from 'zod'
import { EntryType } from '../entry.ts'
import { TemplateName, VersionName } from '../names.ts'

const Change = z.enum(['added', 'removed', 'changed'])
export type Change = z.infer<typeof Change>

const OneVersion = z.object({ template: TemplateName, version: VersionName })

/** What a comparison sees of a file. */
export const FileSide = z.object({
  /** a further name of a file is a file: which of the names comes first in an archive says nothing */
  type: EntryType,
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  size: z.int(),
  mtime: z.int(),
  /** a symlink's target */
  link: z.string().optional(),
  sha256: z.string().optional(),
  device: z.string().optional(),
})
export type FileSide = z.infer<typeof FileSide>

export const Difference = z.enum(['type', 'mode', 'owner', 'size', 'content', 'link', 'device', 'time'])
export type Difference = z.infer<typeof Difference>

export const FileLine = z.object({
  kind: z.literal('file'),
  change: Change,
  /** in the zone, without a slash at its beginning */
  path: z.string(),
  /** of `changed`: in which respects */
  what: z.array(Difference).optional(),
  before: FileSide.optional(),
  after: FileSide.optional(),
})
export type FileLine = z.infer<typeof FileLine>

export const FactKind = z.enum(['package', 'service', 'user', 'group', 'port', 'setuid'])
export type FactKind = z.infer<typeof FactKind>

/** A package, service, account, declared port or setuid file; `before` and `after` say its version or state in words. */
export const FactLine = z.object({
  kind: FactKind,
  change: Change,
  name: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
})
export type FactLine = z.infer<typeof FactLine>

const Counts = z.object({ added: z.int(), removed: z.int(), changed: z.int() })
export type Counts = z.infer<typeof Counts>

export const TotalLine = z.object({
  kind: z.literal('total'),
  files: Counts,
  /** files that differ in their time alone */
  times: z.int(),
  facts: z.partialRecord(FactKind, Counts),
})
export type TotalLine = z.infer<typeof TotalLine>

export const DiffLine = z
  .union([
    z.object({ kind: z.literal('versions'), from: OneVersion, to: OneVersion }),
    z.object({ kind: z.literal('notice'), text: z.string() }),
    FactLine,
    FileLine,
    TotalLine,
  ])
  .meta({ id: 'DiffLine' })
export type DiffLine = z.infer<typeof DiffLine>
