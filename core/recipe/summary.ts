import { z } from 'zod'

/** What `recipe list` shows of a recipe. */
export const RecipeSummary = z.object({
  name: z.string(),
  /** absent, like all that follows, when the recipe cannot be read */
  summary: z.string().optional(),
  brand: z.string().optional(),
  /** template@channel */
  origin: z.string().optional(),
  extends: z.string().optional(),
  buildHost: z.string().optional(),
  /** recipes whose zone is cloned from this one's */
  children: z.array(z.string()),
  problems: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      file: z.string(),
      line: z.int(),
      column: z.int(),
      message: z.string(),
    }),
  ),
})
export type RecipeSummary = z.infer<typeof RecipeSummary>
