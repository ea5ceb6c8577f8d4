// Who may have the bytes of a template.
import type { Client } from '#core/client.ts'
import { mayAct } from '#core/role.ts'
import type { ApiToken } from './ports/access.ts'
import type { TemplateSummary } from './ports/catalog.ts'

type Openness = Pick<TemplateSummary, 'public' | 'openTo'>

/** Everyone who reaches the server may read a public template in every way; one that is open to a client, in that client's way. */
export function mayReadWithoutToken(template: Openness, client: Client | undefined): boolean {
  return template.public || (client !== undefined && template.openTo.includes(client))
}

/** Whether an API token gives the bytes of a template that is not open: readers may be held to some templates. */
export function mayReadWithToken({ role, templates }: ApiToken, template: string): boolean {
  if (role === 'reader') return templates === undefined || templates.includes(template)
  return mayAct(role, 'operator')
}
