// A directory of a host whose contents its archive does not have.
import { z } from 'zod'

export const ExcludedDirectory = z
  .string()
  .max(1023)
  .regex(/^(\/[^/\0\n]+)+$/, 'expected an absolute path, not / itself, without a slash at its end')
  .refine((path) => !/\/\.\.?(\/|$)/.test(path), 'a path may not contain "." or ".."')
