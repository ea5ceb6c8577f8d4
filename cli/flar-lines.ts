// What a version's flash archive is, for people.
import { formName, type Artifact, type Manifest } from '#core/manifest.ts'
import { renderName } from './output.ts'

/** Empty for what is no flash archive. */
export function renderFlar(artifact: Artifact, manifest: Pick<Manifest, 'artifacts'>): string {
  const { flar } = artifact
  if (!flar) return ''
  const facts: [string, string | undefined][] = [
    ['name', renderName(flar.contentName)],
    ['holds', flar.payloadCompression === 'none' ? flar.archiver : `${flar.archiver}, compressed`],
    ['made on', flar.creationMaster && renderName(flar.creationMaster)],
    ['for', flar.architectures.map(renderName).join(', ') || 'any machine'],
    ...(flar.notices ?? []).map((notice): [string, string] => ['note', renderName(notice)]),
  ]
  const lines = facts.flatMap(([name, value]) => (value ? [`    ${name.padEnd(10)} ${value}\n`] : []))
  return `\n${formName(artifact, manifest)}:\n${lines.join('')}`
}
