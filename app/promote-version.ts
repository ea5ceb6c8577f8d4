// Points a channel of a template at one of its ready versions.
import type { AuditLog, TemplateCatalog, TemplateSummary } from './ports.ts'

interface Needs {
  catalog: TemplateCatalog
  audit: AuditLog
}

/** @throws TemplateNotFound, VersionNotFound, WrongState unless the version is ready */
export async function promoteVersion(
  {
    template,
    channel,
    version,
    actor,
  }: { template: string; channel: string; version: string; actor: string },
  { catalog, audit }: Needs,
): Promise<TemplateSummary> {
  const before = (await catalog.getTemplate(template)).channels[channel]
  await catalog.setChannel(template, channel, version)
  await audit.write({
    actor,
    action: 'template.promote',
    subject: `${template}@${channel}`,
    details: { from: before, to: version },
  })
  return catalog.getTemplate(template)
}
