// A template's name, before its first version.
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog, TemplateSummary } from './ports/catalog.ts'

interface Needs {
  catalog: TemplateCatalog
  audit: AuditLog
}

/** May be repeated: a template that exists stays as it is. */
export async function createTemplate(
  { name, actor }: { name: string; actor: string },
  { catalog, audit }: Needs,
): Promise<TemplateSummary> {
  await catalog.ensureTemplate(name)
  await audit.write({ actor, action: 'template.create', subject: name })
  return catalog.getTemplate(name)
}
