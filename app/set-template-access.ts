// Who may fetch a template without a token, and how its images are laid out.
import type { Client } from '#core/client.ts'
import type { ArchiveLayout } from '#core/manifest.ts'
import type { AuditLog } from './ports/access.ts'
import type { TemplateCatalog, TemplateSummary } from './ports/catalog.ts'

interface Needs {
  catalog: TemplateCatalog
  audit: AuditLog
}

/** What is not named stays. */
export interface AccessChange {
  public?: boolean | undefined
  openTo?: readonly Client[] | undefined
  /** null: by brand again */
  imageLayout?: ArchiveLayout | null | undefined
}

/** @throws TemplateNotFound */
export async function setTemplateAccess(
  { name, change, actor }: { name: string; change: AccessChange; actor: string },
  { catalog, audit }: Needs,
): Promise<TemplateSummary> {
  const { public: isPublic, openTo, imageLayout } = change
  if (isPublic !== undefined) {
    await catalog.setPublic(name, isPublic)
    await audit.write({ actor, action: isPublic ? 'template.publish' : 'template.hide', subject: name })
  }
  if (openTo !== undefined) {
    await catalog.setOpenTo(name, openTo)
    await audit.write({ actor, action: 'template.open', subject: name, details: { to: [...openTo] } })
  }
  if (imageLayout !== undefined) {
    await catalog.setImageLayout(name, imageLayout ?? undefined)
    await audit.write({ actor, action: 'template.images', subject: name, details: { layout: imageLayout } })
  }
  return catalog.getTemplate(name)
}
