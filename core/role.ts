import { z } from 'zod'

/** What an API token may do. Each role may do all that the roles after it may: admin > publisher > operator > viewer. */
export const Role = z.enum(['admin', 'publisher', 'operator', 'viewer'])
export type Role = z.infer<typeof Role>

/** Whether a token of role `held` may call what needs `needed`. */
export function mayAct(held: Role, needed: Role): boolean {
  return Role.options.indexOf(held) <= Role.options.indexOf(needed)
}
