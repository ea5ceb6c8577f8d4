// Channels, their history and the reach of a revocation, as people read them.
import { renderBlock } from '#core/channel/errors.ts'
import type { Block } from '#core/channel/schema.ts'
import { renderName, renderTable } from './output.ts'
import type { ChannelsReply, MoveReply, ReachReply, ZoneReply } from './replies/channels.ts'

/** `stable=1 (blocked by default@1 (revoked: leaks a key))` */
export function renderChannels(
  template: string,
  channels: Readonly<Record<string, string>>,
  blocked: Readonly<Record<string, Block>> = {},
): string {
  return Object.entries(channels)
    .map(([channel, version]) => {
      const by = blocked[channel]
      return `${channel}=${version}${by ? ` (${renderName(renderBlock(template, version, by))})` : ''}`
    })
    .join(' ')
}

/** Newest first. */
export function renderHistory(moves: readonly MoveReply[]): string {
  const rows = moves.map(({ at, channel, kind, from, to, actor, why }) => [
    at,
    channel,
    kind,
    from === undefined || from === to ? to : `${from} -> ${to}`,
    renderName(actor),
    renderName(why ?? '-'),
  ])
  return renderTable(['WHEN', 'CHANNEL', 'KIND', 'VERSION', 'WHO', 'WHY'], rows)
}

/** What beside the channels themselves decides who gets what; nothing when nothing does. */
export function renderRules({ canaries, promote, heldBack }: ChannelsReply): string {
  const lines = [
    ...Object.entries(canaries).map(
      ([channel, hosts]) => `canaries of ${channel}: ${hosts.join(', ')} get the candidate`,
    ),
    ...(promote ? [`candidates go to ${promote.to} by themselves after ${conditions(promote)}`] : []),
    ...heldBack.map(({ version, why }) => `held back: ${version}, ${renderName(why)}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function conditions({ afterInstalls, afterHours }: NonNullable<ChannelsReply['promote']>): string {
  return [
    ...(afterInstalls === undefined
      ? []
      : [`${afterInstalls} successful ${afterInstalls === 1 ? 'install' : 'installs'}`]),
    ...(afterHours === undefined ? [] : [`${afterHours} h without a failed one`]),
  ].join(' or ')
}

export function renderZones(zones: readonly ZoneReply[]): string {
  const rows = zones.map(({ host, zone, template, version, booted, since, lastReported }) => [
    host,
    zone,
    `${template}@${version}`,
    booted ? 'yes' : 'no',
    since,
    lastReported,
  ])
  return renderTable(['HOST', 'ZONE', 'VERSION', 'BOOTED', 'SINCE', 'LAST REPORTED'], rows)
}

/** Whom a revocation concerns, and what to do about it. */
export function renderReach(revoked: string, { versions, channels, zones, installs }: ReachReply): string {
  const children = versions.map((one) => `${one.template}@${one.version}`).filter((name) => name !== revoked)
  const lines = [
    `${revoked} is revoked: no new install gets it${children.length === 0 ? '' : ', nor what is built on it:'}`,
    ...children.map((name) => `  ${name}`),
    ...channels.map(
      ({ template, channel, version }) =>
        `${template}@${channel} points at ${template}@${version}: zoneflash template rollback ${template} --channel ${channel}`,
    ),
    ...installs.map(({ host, id, mayFinish }) =>
      mayFinish
        ? `${host} may finish its install ${id}`
        : `${host} is armed with it: arm it again (install ${id})`,
    ),
    ...(zones.length === 0
      ? ['no host has reported a zone made from it']
      : ['', 'zones made from it run on:']),
  ]
  return `${lines.join('\n')}\n${zones.length === 0 ? '' : renderZones(zones)}`
}
