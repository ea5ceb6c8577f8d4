// How long versions of a template stay: said by its recipe when a build publishes, or by a person.
import { defaultRetention, type Retention } from '#core/retention/policy.ts'
import type { AuditLog } from '../ports/access.ts'
import type { TemplateCatalog } from '../ports/catalog.ts'

interface Needs {
  catalog: TemplateCatalog
  audit: AuditLog
}

/** @throws TemplateNotFound */
export async function setRetention(
  { template, retention, actor }: { template: string; retention: Retention; actor: string },
  { catalog, audit }: Needs,
): Promise<Retention> {
  await catalog.setRetention(template, retention)
  await audit.write({ actor, action: 'template.keep', subject: template, details: { ...retention } })
  return retention
}

/** @throws TemplateNotFound */
export async function retentionOf(template: string, { catalog }: Pick<Needs, 'catalog'>): Promise<Retention> {
  await catalog.getTemplate(template)
  return (await catalog.listRetention()).get(template) ?? defaultRetention
}
