import { z } from 'zod'

/**
 * What an API token may do. Each role may call all that the roles after it may: admin > publisher > operator > viewer. A `reader`
 * may call nothing; it gets the bytes of templates, which a viewer does not, and may stand in a URL (app/may-read.ts).
 */
export const Role = z.enum(['admin', 'publisher', 'operator', 'viewer', 'reader'])
export type Role = z.infer<typeof Role>

/** Whether a token of role `held` may call what needs `needed`. */
export function mayAct(held: Role, needed: Role): boolean {
  return Role.options.indexOf(held) <= Role.options.indexOf(needed)
}
