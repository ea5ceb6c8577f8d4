// The personal stream of one zone of an armed host.
import { createHash, createHmac } from 'node:crypto'
import { ProvisionError } from '#core/errors.ts'
import type { RenderPersonalStream } from '#core/identity/personal-stream.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { Plan } from '#core/plan/schema.ts'
import { isStreamed } from '#core/plan/ways.ts'
import { refuseRevokedInstall } from './channels/install-block.ts'
import type { TemplateCatalog } from './ports/catalog.ts'
import type { ChannelStore } from './ports/channels.ts'
import type { HostRegistry } from './ports/hosts.ts'
import type { Install, InstallLog } from './ports/installs.ts'
import type { StreamTrees } from './ports/streams.ts'
import { byCost, findStreamChain } from './stream-chain.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
  hosts: HostRegistry
  installs: InstallLog
  streams: StreamTrees
  render: RenderPersonalStream
}

export interface PersonalStreamFor {
  install: Install
  /** the install token: what is random in the identity is made of it, so that a request that is repeated gets the same bytes */
  token: string
  zone: string
  /** of the snapshot that the host has */
  from: string
}

/** Files that an identity changes and does not replace are small. */
const MOST_CONTENTS = 16 * 1024 * 1024

/**
 * An increment that the host receives as a clone of its template's snapshot. Nothing of it is kept.
 * @throws ZoneNotPlanned, SnapshotUnknown, VersionRevoked, and what the stream and the identity refuse
 */
export async function renderPersonalStreamFor(
  { install, token, zone: name, from }: PersonalStreamFor,
  needs: Needs,
): Promise<{ bytes: Uint8Array; sha256: string }> {
  const plan = Plan.parse(install.plan)
  const zone = plan.zones.find((one) => one.name === name)
  const template = plan.templates.find((one) => one.name === zone?.template)
  if (!zone || !template) {
    throw new ProvisionError('missing', 'ZoneNotPlanned', `the plan of host ${plan.host} has no zone ${name}`)
  }
  if (!template.guids.includes(from)) throw snapshotUnknown(`${template.name}@${template.version}`, from)
  const refusal = await refuseRevokedInstall(install, needs)
  if (refusal) throw refusal
  const { manifest } = await needs.catalog.getVersion(zone.template, zone.version)
  const { release } = await needs.hosts.get(install.host)
  const chain = await chainOf(manifest, from, needs)
  const bytes = await needs.streams.read(chain, ({ set, tree, contents }) =>
    needs.render({
      base: set,
      tree,
      manifest,
      zone,
      release,
      material: { machineId: machineId(token, install.id, name) },
      readFile: (path) => contents(path, MOST_CONTENTS),
      now: new Date(install.armedAt),
    }),
  )
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Opens what the personal streams of a plan will need, while the host is still at its template. */
export async function warmPersonalStreams(
  install: Install,
  needs: Pick<Needs, 'catalog' | 'streams'>,
): Promise<void> {
  const { templates, zones } = Plan.parse(install.plan)
  for (const { name, version, guids } of templates) {
    const [guid] = guids
    const isWanted = zones.some((zone) => zone.template === name && isStreamed(zone))
    if (guid === undefined || !isWanted) continue
    const { manifest } = await needs.catalog.getVersion(name, version)
    await needs.streams.read(await chainOf(manifest, guid, needs), async () => {})
  }
}

/** The version's own full stream of that snapshot, the one that is read soonest; else its increment and what that builds on. @throws SnapshotUnknown */
async function chainOf(
  manifest: Manifest,
  guid: string,
  { catalog }: Pick<Needs, 'catalog'>,
): Promise<Artifact[]> {
  const own = manifest.artifacts.filter((artifact) => artifact.guid === guid).toSorted(byCost)
  const full = own.find(({ format }) => format === 'zfs')
  if (full) return [full]
  const increment = own.find(({ format }) => format === 'zfs-incremental')
  const base = increment?.fromGuid && (await findStreamChain(increment.fromGuid, manifest, { catalog }))
  if (increment && base) return [...base, increment]
  throw snapshotUnknown(`${manifest.template}@${manifest.version}`, guid)
}

function machineId(token: string, install: string, zone: string): Uint8Array {
  return createHmac('sha256', token).update(`machine-id ${install} ${zone}`).digest().subarray(0, 16)
}

function snapshotUnknown(version: string, guid: string): ProvisionError {
  return new ProvisionError(
    'missing',
    'SnapshotUnknown',
    `no ZFS stream of ${version} gives the snapshot of guid ${guid}`,
  )
}
