// What a flash archive is made of.
import type { FlarDescription } from '#core/flar/preamble.ts'
import type { FlarSection } from '#core/flar/sections.ts'

/** Where the payload comes from, and what is known of it before. */
export interface FlarSource {
  /** what the source says by itself; options say more */
  description: Partial<FlarDescription> & Pick<FlarDescription, 'archiver' | 'type'>
  /** of the payload as it comes */
  compression: 'none' | 'compress'
  /** bytes of the payload as it comes, where they are known */
  archivedSize?: number
  unarchivedSize?: number
  sections: readonly FlarSection[]
  /** what the archive will not have, in words */
  notes: readonly string[]
  payload: AsyncIterable<Uint8Array>
}
