// What a service manifest declares (service_bundle(4)), as far as the sandbox acts on it: services and their instances.

export interface DeclaredInstance {
  /** `svc:/application/mysql:default` */
  fmri: string
  enabled: boolean
}

interface Tag {
  name: string
  attributes: Map<string, string>
}

const piece =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<\/([A-Za-z_][\w.-]*)\s*>|<([A-Za-z_][\w.-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y

/** @throws Error in the words of svccfg when the text is not well formed or no manifest */
export function readManifest(text: string): DeclaredInstance[] {
  const open: Tag[] = []
  const instances: DeclaredInstance[] = []
  let root: Tag | undefined
  piece.lastIndex = 0
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex
    const found = piece.exec(text)
    if (!found) throw notWellFormed(text, at)
    const [, closed, opened, attributes = '', empty] = found
    if (closed !== undefined && open.pop()?.name !== closed) throw notWellFormed(text, at)
    if (opened === undefined) continue
    const tag = { name: opened, attributes: readAttributes(attributes) }
    if (open.length === 0 && root) throw notWellFormed(text, at)
    root ??= tag
    instances.push(...declared(tag, open))
    if (empty === '') open.push(tag)
  }
  if (open.length > 0 || !root) throw notWellFormed(text, text.length)
  if (root.name !== 'service_bundle' || root.attributes.get('type') !== 'manifest')
    throw new Error('the document is not a manifest: expected <service_bundle type="manifest">')
  return instances
}

function declared(tag: Tag, open: readonly Tag[]): DeclaredInstance[] {
  const service = open.findLast(({ name }) => name === 'service')?.attributes.get('name')
  if (service === undefined) return []
  const enabled = tag.attributes.get('enabled') === 'true'
  if (tag.name === 'create_default_instance') return [{ fmri: `svc:/${service}:default`, enabled }]
  if (tag.name !== 'instance') return []
  return [{ fmri: `svc:/${service}:${tag.attributes.get('name') ?? 'default'}`, enabled }]
}

function readAttributes(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name = '', double, single]) => [
      name,
      double ?? single ?? '',
    ]),
  )
}

function notWellFormed(text: string, offset: number): Error {
  return new Error(`couldn't parse document: line ${text.slice(0, offset).split('\n').length}`)
}
