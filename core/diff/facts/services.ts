// What is started at boot: rc directories, systemd's wants, SMF manifests and profiles. What SMF's repository.db holds is not read.
import type { FactSource, Facts } from '../facts.ts'

export const bootLinks: FactSource = {
  entry({ path, type }, facts) {
    if (type === 'directory') return
    const [, level, start, script] = /^etc\/rc([0-6S])\.d\/([SK])\d\d?(.+)$/.exec(path) ?? []
    if (level !== undefined && script !== undefined && start === 'S')
      facts.add('service', script, `rc${level}`)
    const [, target, unit] = /^etc\/systemd\/system\/([^/]+)\.(?:wants|requires)\/([^/]+)$/.exec(path) ?? []
    if (target !== undefined && unit !== undefined) facts.add('service', unit, `wanted by ${target}`)
  },
}

const MANIFEST_BYTES = 1024 * 1024

const isManifest = (path: string): boolean => /^(var|lib)\/svc\/manifest\/.+\.xml$/.test(path)
const isProfile = (path: string): boolean =>
  /^(var|etc)\/svc\/profile\/.+\.xml$/.test(path) || path === 'var/svc/profile/site.xml'

export const smfServices: FactSource = {
  reads: ({ path, type }) =>
    type !== 'symlink' && (isManifest(path) || isProfile(path)) ? MANIFEST_BYTES : 0,
  contents(path, contents, facts) {
    readBundle(new TextDecoder().decode(contents), path, facts)
  },
}

const TAG = /<!--[\s\S]*?-->|<(service|instance|create_default_instance)\b([^>]*)>/g

/** Instances with whether they are enabled, in the order of service_bundle(4). */
function readBundle(text: string, path: string, facts: Facts): void {
  let service: string | undefined
  for (const [, tag, attributes = ''] of text.matchAll(TAG)) {
    if (tag === undefined) continue
    const value = (name: string) =>
      new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes)?.slice(1).find(Boolean)
    if (tag === 'service') service = value('name')
    if (tag === 'service' || service === undefined) continue
    const instance = tag === 'instance' ? (value('name') ?? 'default') : 'default'
    const enabled = value('enabled')
    if (enabled === undefined) continue
    const source = isProfile(path) ? path.replace(/.*\//, 'profile ') : 'manifest'
    const state = enabled === 'true' ? 'enabled' : 'disabled'
    facts.add('service', `svc:/${service.replace(/^\/+/, '')}:${instance}`, `${state} by ${source}`)
  }
}
