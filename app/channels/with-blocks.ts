// Adds what revoked versions block to what the catalog tells.
import type { Block } from '#core/channel/schema.ts'
import type { TemplateSummary, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore } from '../ports/channels.ts'

export type ShownVersion = VersionRecord & { blockedBy?: Block }

/** `blocked`: by channel, where one points at a version that no new install gets; absent when there is none. */
export type ShownTemplate = TemplateSummary & { blocked?: Record<string, Block> }

interface Needs {
  channels: ChannelStore
}

export async function withBlocks(
  records: readonly VersionRecord[],
  { channels }: Needs,
): Promise<ShownVersion[]> {
  const [first] = records
  if (!first) return []
  const isOne = records.every(({ manifest }) => manifest.template === first.manifest.template)
  const blocks = await blocksByName(channels, isOne ? first.manifest.template : undefined)
  return records.map((record) => {
    const by = blocks.get(`${record.manifest.template}@${record.manifest.version}`)
    return { ...record, ...(by && { blockedBy: by }) }
  })
}

export async function withBlock(record: VersionRecord, { channels }: Needs): Promise<ShownVersion> {
  const by = await channels.blockOf(record.manifest.template, record.manifest.version)
  return { ...record, ...(by && { blockedBy: by }) }
}

export async function withBlockedChannels(
  templates: readonly TemplateSummary[],
  { channels }: Needs,
): Promise<ShownTemplate[]> {
  const blocks = await blocksByName(channels)
  return templates.map((template) => {
    const blocked = Object.entries(template.channels).flatMap(([channel, version]) => {
      const by = blocks.get(`${template.name}@${version}`)
      return by ? [[channel, by] as const] : []
    })
    return { ...template, ...(blocked.length > 0 && { blocked: Object.fromEntries(blocked) }) }
  })
}

async function blocksByName(channels: ChannelStore, template?: string): Promise<Map<string, Block>> {
  const blocked = await channels.blocked(template)
  return new Map(blocked.map(({ by, ...id }) => [`${id.template}@${id.version}`, by]))
}
