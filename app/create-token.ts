// API tokens, made and revoked.
import type { Role } from '#core/role.ts'
import type { ApiToken, AuditLog, TokenStore } from './ports/access.ts'
import type { TemplateCatalog } from './ports/catalog.ts'

interface Needs {
  tokens: TokenStore
  audit: AuditLog
}

/** The secret is returned once and kept nowhere. @throws TemplateNotFound: a name that is free now may become anybody's */
export async function createToken(
  {
    name,
    role,
    templates,
    actor,
  }: { name: string; role: Role; templates?: readonly string[] | undefined; actor: string },
  { tokens, audit, catalog }: Needs & { catalog: TemplateCatalog },
): Promise<{ token: ApiToken; secret: string }> {
  for (const template of templates ?? []) await catalog.getTemplate(template)
  const created = await tokens.create(name, role, templates)
  const details = { id: created.token.id, role, ...(templates && { templates }) }
  await audit.write({ actor, action: 'token.create', subject: name, details })
  return created
}

/** @throws TokenNotFound */
export async function revokeToken(
  { id, actor }: { id: string; actor: string },
  { tokens, audit }: Needs,
): Promise<void> {
  await tokens.revoke(id)
  await audit.write({ actor, action: 'token.revoke', subject: id })
}
