// What a version's ZFS streams are, for people.
import { newestFeatures } from '#core/zfs/receivers.ts'
import { formName, type Artifact, type Manifest } from '#core/manifest.ts'
import { renderName } from './output.ts'

/** Empty for what is no stream, and for one of before streams were read. */
export function renderStream(artifact: Artifact, manifest: Pick<Manifest, 'artifacts'>): string {
  const { zfs, snapshot = '', guid = '', fromGuid } = artifact
  if (!zfs) return ''
  const from = fromGuid === undefined ? '' : `, from guid ${fromGuid}`
  const facts: [string, string | undefined][] = [
    ['snapshot', `${renderName(snapshot)} (guid ${guid}${from})${zfs.isPackage ? ', in a package' : ''}`],
    ['holds', holdsOf(zfs)],
    ['features', zfs.features.join(', ')],
    ['needs', neededBy(zfs)],
    ['not shown', hiddenOf(zfs)],
    ...zfs.notices.map((notice): [string, string] => ['note', renderName(notice)]),
  ]
  const lines = facts.flatMap(([name, value]) => (value ? [`    ${name.padEnd(10)} ${value}\n`] : []))
  return `\n${formName(artifact, manifest)}:\n${lines.join('')}`
}

type Facts = NonNullable<Artifact['zfs']>

function neededBy({ pool, features }: Facts): string {
  if (newestFeatures(features).length > 0) return 'a newer OpenZFS'
  return pool === 'features' ? 'a pool with feature flags' : `a pool of version ${pool} or newer`
}

function holdsOf({ zplVersion, objects, byteOrder }: Facts): string {
  const version = zplVersion === undefined ? [] : [`ZPL ${zplVersion}`]
  const count = objects === undefined ? [] : [`${objects} objects`]
  return [...version, ...count, `${byteOrder}-endian`].join(', ')
}

/** What is in the stream and in no index. */
function hiddenOf({ hidden }: Facts): string {
  const { xattrs = 0, unlinked = 0, sockets = 0, devices = 0 } = hidden ?? {}
  const counts = [
    [xattrs, 'extended attributes'],
    [unlinked, 'files that were removed and open'],
    [sockets, 'sockets'],
    [devices, 'device nodes below dev or devices'],
  ] as const
  return counts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ')
}
