// The one form of every failure.
import { z } from 'zod'

export const ApiError = z
  .object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'ApiError', description: 'code is stable; message is for people' })
export type ApiError = z.infer<typeof ApiError>
