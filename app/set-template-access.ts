// Who may fetch a template without a token, and how its images are laid out.
import type { Client } from '#core/client.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ArchiveLayout } from '#core/manifest.ts'
import type { AuditLog } from './ports/access.ts'
import { requestImageForms } from './images/request-forms.ts'
import type { ImageNeeds } from './images/sources.ts'
import type { TemplateSummary } from './ports/catalog.ts'
import type { JobQueue } from './ports/queue.ts'

interface Needs extends ImageNeeds {
  audit: AuditLog
  queue: JobQueue
}

/** What is not named stays. */
export interface AccessChange {
  public?: boolean | undefined
  openTo?: readonly Client[] | undefined
  /** null: by brand again */
  imageLayout?: ArchiveLayout | null | undefined
}

/**
 * Clients that may read it now get the forms that they want: jobs are queued for what is missing. Without a queue that is the
 * server's to do later (server/periodic-work.ts), and no reason to say that the template was not opened. @throws TemplateNotFound
 */
export async function setTemplateAccess(
  { name, change, actor }: { name: string; change: AccessChange; actor: string },
  needs: Needs,
): Promise<TemplateSummary> {
  const { catalog, audit } = needs
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
  if (openTo !== undefined || imageLayout !== undefined)
    await requestImageForms({ template: name, actor, again: true }, needs).catch(unlessUnavailable)
  return catalog.getTemplate(name)
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof ProvisionError) || error.kind !== 'unavailable') throw error
}
