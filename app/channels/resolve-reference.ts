// Which version a host gets for `template@selector`.
import { canaryVersion } from '#core/channel/canary.ts'
import { versionRevoked } from '#core/channel/errors.ts'
import type { TemplateRef } from '#core/names.ts'
import { wrongState } from '#core/store-errors.ts'
import type { TemplateCatalog, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
}

/** A version, and what it stands for when the host gets it as a canary. */
export interface ResolvedVersion {
  record: VersionRecord
  /** the channel that was asked for, and the version that other hosts get for it */
  canary?: { channel: string; instead: string }
}

/** @throws TemplateNotFound, VersionNotFound, WrongState unless it is ready, VersionRevoked when it or something it is built on is revoked */
export async function resolveReference(
  { template, selector }: TemplateRef,
  host: string,
  { catalog, channels }: Needs,
): Promise<ResolvedVersion> {
  const there = await channels.read(template)
  const early = canaryVersion(there, selector, host)
  const instead = there.channels[selector]
  if (early !== undefined && instead !== undefined) {
    return { record: await catalog.getVersion(template, early), canary: { channel: selector, instead } }
  }
  const record = await catalog.getVersion(template, selector)
  const { version } = record.manifest
  const block = await channels.blockOf(template, version)
  if (block) throw versionRevoked(template, version, block, selector === version ? undefined : selector)
  if (record.state !== 'ready') throw wrongState(template, version, record.state, 'ready')
  return { record }
}
