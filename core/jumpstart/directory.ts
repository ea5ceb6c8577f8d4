// The JumpStart directory as it is stored: the rules and the files that they name, in revisions that never change.
import { z } from 'zod'
import { isStorable } from '../storable-text.ts'
import { fileNameProblem } from './paths.ts'
import { quoted } from '../quoted.ts'

/** characters of one file */
export const MAX_FILE = 1024 ** 2
/** characters of the rules */
const MAX_RULES = 4 * 1024 ** 2
/** characters of all files together */
export const MAX_DIRECTORY = 16 * 1024 ** 2
export const MAX_FILES = 4096

const Text = z.string().refine(isStorable, 'expected text without NUL')

export const JumpStartFile = z.strictObject({
  text: Text.max(MAX_FILE),
  /** permission bits: scripts 0755, profiles 0644 */
  mode: z.int().min(0o400).max(0o777),
})
export type JumpStartFile = z.infer<typeof JumpStartFile>

/** By path. */
export type JumpStartFiles = Readonly<Record<string, JumpStartFile>>

/** Files by path; null: removed. */
export const FileChanges = z
  .record(z.string(), z.union([JumpStartFile, z.null()]))
  .superRefine((files, context) => {
    for (const path of Object.keys(files)) {
      const problem = fileNameProblem(path)
      if (problem !== undefined) context.addIssue(`the file is ${quoted(path)}, expected ${problem}`)
    }
  })

export const RulesText = Text.max(MAX_RULES)

export interface JumpStartDirectory {
  /** 1 at first, each change one more; 0: nothing is stored, the server's own rules apply */
  revision: number
  /** as given, with LF as line ends */
  rules: string
  files: JumpStartFiles
}

/** Who made a revision, and when. */
export interface RevisionNote {
  actor: string
  why: string | undefined
  /** ISO 8601 */
  at: string
}
