// Channels of a template: where they point, how they came there, and moving them; revoking what they must not give.
import { z } from 'zod'
import { promoteVersion } from '#app/channels/promote-version.ts'
import { revokeVersion, unrevokeVersion } from '#app/channels/revoke-version.ts'
import { rollbackChannel } from '#app/channels/rollback-channel.ts'
import { setCanaries } from '#app/channels/set-canaries.ts'
import { withBlock, withBlockedChannels } from '#app/channels/with-blocks.ts'
import { ChannelMove, PromotePolicy, Why } from '#core/channel/schema.ts'
import { ChannelName, HostName, TemplateName, VersionName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import { TemplateSummary } from './templates.ts'
import { VersionRecord } from './versions.ts'
import { ReportedZone } from './zones.ts'

const OneTemplate = z.strictObject({ name: TemplateName })
const OneChannel = z.strictObject({ name: TemplateName, channel: ChannelName })
const OneVersion = z.strictObject({ name: TemplateName, version: VersionName })
const Move = ChannelMove.meta({ id: 'ChannelMove' })
const Hosts = z.array(HostName).max(1000)
const Reason = z.strictObject({ why: Why.optional() }).default({})

const ChannelState = z
  .object({
    template: TemplateName,
    channels: z.record(z.string(), VersionName),
    canaries: z.record(z.string(), Hosts).describe('channel → hosts that get the candidate instead'),
    promote: PromotePolicy.optional().describe('when a candidate is promoted by itself'),
    heldBack: z
      .array(z.object({ version: VersionName, why: z.string() }))
      .describe('versions that no channel takes by itself'),
  })
  .meta({ id: 'Channels' })

const VersionId = z.object({ template: TemplateName, version: VersionName })

const RevocationReach = z
  .object({
    versions: z.array(VersionId).describe('the version and everything built on it'),
    channels: z.array(VersionId.extend({ channel: ChannelName })).describe('channels that point at one'),
    zones: z.array(ReportedZone).describe('zones made from one, as their hosts last reported them'),
    installs: z
      .array(z.object({ id: z.string(), host: HostName, mayFinish: z.boolean() }))
      .describe('open installs that want one'),
  })
  .meta({ id: 'RevocationReach' })

export const channelRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/templates/:name/channels',
    role: 'viewer',
    summary: 'Where the channels of a template point, who gets the candidate first, and what is held back',
    params: OneTemplate,
    reply: ChannelState,
    async handle({ params }) {
      const { policy: promote, versions, ...rest } = await services.channels.read(params.name)
      const heldBack = versions.flatMap(({ version, heldBack: why }) =>
        why === undefined ? [] : [{ version, why }],
      )
      return { ...rest, promote, heldBack }
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/templates/:name/channels/:channel',
    role: 'publisher',
    summary: 'Point a channel at a ready version',
    params: OneChannel,
    body: z.strictObject({ version: VersionName, why: Why.optional() }),
    reply: TemplateSummary,
    async handle({ params, body, token }) {
      const which = { template: params.name, channel: params.channel, actor: token.name, ...body }
      return (await withBlockedChannels([await promoteVersion(which, services)], services))[0]
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/templates/:name/channels/:channel/rollback',
    role: 'publisher',
    summary: 'Point a channel back at the version before, or at an earlier one',
    params: OneChannel,
    body: z.strictObject({ to: VersionName.optional(), why: Why.optional() }).default({}),
    reply: Move,
    handle: ({ params, body, token }) =>
      rollbackChannel(
        { template: params.name, channel: params.channel, actor: token.name, ...body },
        services,
      ),
  }),
  route({
    method: 'put',
    path: '/api/v1/templates/:name/channels/:channel/canaries',
    role: 'publisher',
    summary: 'Name the hosts that get the candidate in the place of this channel; none ends it',
    params: OneChannel,
    body: z.strictObject({ hosts: Hosts }),
    reply: z.object({ template: TemplateName, channel: ChannelName, hosts: Hosts }),
    handle: ({ params, body, token }) =>
      setCanaries(
        { template: params.name, channel: params.channel, hosts: body.hosts, actor: token.name },
        services,
      ),
  }),
  route({
    method: 'get',
    path: '/api/v1/templates/:name/history',
    role: 'viewer',
    summary: 'How the channels of a template moved, newest first',
    params: OneTemplate,
    query: z.strictObject({
      channel: ChannelName.optional(),
      limit: z.coerce.number().int().min(1).max(10_000).default(200),
    }),
    reply: z.array(Move),
    async handle({ params, query }) {
      const { moves } = await services.channels.read(params.name)
      return moves
        .filter(({ channel }) => query.channel === undefined || channel === query.channel)
        .toReversed()
        .slice(0, query.limit)
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/templates/:name/versions/:version/revoke',
    role: 'publisher',
    summary: 'Keep a version, and everything built on it, from new installs; says whom that concerns',
    params: OneVersion,
    body: Reason,
    reply: RevocationReach,
    handle: ({ params, body, token }) =>
      revokeVersion({ template: params.name, version: params.version, actor: token.name, ...body }, services),
  }),
  route({
    method: 'post',
    path: '/api/v1/templates/:name/versions/:version/unrevoke',
    role: 'publisher',
    summary: 'Let new installs have a revoked version again',
    params: OneVersion,
    body: Reason,
    reply: VersionRecord,
    async handle({ params, body, token }) {
      const which = { template: params.name, version: params.version, actor: token.name, ...body }
      return withBlock(await unrevokeVersion(which, services), services)
    },
  }),
]
