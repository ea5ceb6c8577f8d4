// `zoneflash template promote|rollback|history|canary`: where channels point, and who gets what.
import type { Command } from 'commander'
import { z } from 'zod'
import { renderHistory } from '../channel-lines.ts'
import { addCommand, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { print, printLine } from '../output.ts'
import { parseReference, parseTwoWords, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'
import { CanariesReply, ChannelsReply, MoveReply } from '../replies/channels.ts'

interface Options {
  json?: boolean
  why?: string
}

const channelRoute = (template: string, channel: string): string =>
  `/api/v1/templates/${template}/channels/${encodeURIComponent(channel)}`

export function registerTemplateChannels(noun: Command): void {
  registerPromote(noun)
  registerRollback(noun)

  addCommand(
    noun,
    'history',
    'show how the channels of a template moved, newest first',
    'zoneflash template history mysql --channel stable',
  )
    .argument('<name>')
    .option('--channel <channel>', 'of this channel alone')
    .action(async (text: string, { json, channel }: Options & { channel?: string }) => {
      const { template } = parseReference(text)
      const moves = await openClient().call(z.array(MoveReply), `/api/v1/templates/${template}/history`, {
        query: { channel },
      })
      await show(json, moves, (list) => print(renderHistory(list)))
    })

  addCommand(
    noun,
    'canary',
    'name the hosts that get the candidate before a channel does; show them',
    'zoneflash template canary mysql --channel stable --hosts h1,h2',
    'zoneflash template canary mysql --off',
  )
    .argument('<name>')
    .option('--channel <channel>', 'the channel that their profiles name (default: stable; with --off: all)')
    .option('--hosts <host,…>', 'these, and no others')
    .option('--off', 'nobody any more')
    .action(
      async (
        text: string,
        { json, channel: named, hosts, off }: Options & { channel?: string; hosts?: string; off?: boolean },
      ) => {
        if (hosts !== undefined && off) throw usageFailure('got --hosts and --off, expected one of them')
        const { template } = parseReference(text)
        if (off && named === undefined) {
          const channels = await endAllCanaries(template)
          await show(json, { template, channels, hosts: [] }, () =>
            printLine(`${template} has no canaries: all hosts get the same`),
          )
          return
        }
        const channel = named ?? 'stable'
        const result = await setOrReadCanaries(template, channel, off ? [] : hosts?.split(','))
        await show(json, result, ({ hosts: canaries }) =>
          printLine(
            canaries.length === 0
              ? `${template}@${channel} has no canaries: all hosts get the same`
              : `${canaries.join(', ')} get the candidate of ${template} where others get ${template}@${channel}`,
          ),
        )
      },
    )
}

function registerPromote(noun: Command): void {
  addCommand(
    noun,
    'promote',
    'point a channel at a version',
    'zoneflash template promote mysql 20261120T110203Z --to stable --why "a week on h1"',
    'zoneflash template promote mysql@candidate',
  )
    .argument('<name[@version]>')
    .argument('[version]', 'a version, or a channel whose version is meant')
    .option('--to <channel>', 'the channel to move (default: stable)')
    .option('--channel <channel>', 'the same as --to')
    .option('--why <text>', 'kept in the history')
    .action(
      async (
        text: string,
        version: string | undefined,
        { json, to, channel: alias, why }: Options & { to?: string; channel?: string },
      ) => {
        if (to !== undefined && alias !== undefined && to !== alias)
          throw usageFailure(`got --to ${to} and --channel ${alias}, expected one of them`)
        const channel = to ?? alias ?? 'stable'
        const client = openClient()
        const reference = parseTwoWords(text, version)
        const { manifest } = await client.call(VersionReply, versionRoute(reference))
        await client.act(channelRoute(reference.template, channel), {
          method: 'PUT',
          body: { version: manifest.version, why },
        })
        const result = { template: reference.template, channel, version: manifest.version }
        await show(json, result, () => printLine(`${result.template}@${channel} is now ${result.version}`))
      },
    )
}

function registerRollback(noun: Command): void {
  addCommand(
    noun,
    'rollback',
    'point a channel back at the version before; again: further back',
    'zoneflash template rollback mysql --why "replication breaks"',
    'zoneflash template rollback mysql --channel candidate --to 20261120T110203Z',
  )
    .argument('<name>')
    .option('--channel <channel>', 'the channel to move', 'stable')
    .option('--to <version>', 'this version, whether the channel had it or not')
    .option('--why <text>', 'kept in the history')
    .action(async (text: string, { json, channel, to, why }: Options & { channel: string; to?: string }) => {
      const { template } = parseReference(text)
      const route = `${channelRoute(template, channel)}/rollback`
      const move = await openClient().call(MoveReply, route, { method: 'POST', body: { to, why } })
      await show(json, move, () =>
        printLine(`${template}@${channel} goes back from ${move.from} to ${move.to}`),
      )
    })
}

/** Undefined hosts: says who they are. */
async function setOrReadCanaries(
  template: string,
  channel: string,
  hosts: readonly string[] | undefined,
): Promise<z.infer<typeof CanariesReply>> {
  const client = openClient()
  if (hosts)
    return client.call(CanariesReply, `${channelRoute(template, channel)}/canaries`, {
      method: 'PUT',
      body: { hosts: hosts.map((host) => host.trim()).filter(Boolean) },
    })
  const { canaries } = await client.call(ChannelsReply, `/api/v1/templates/${template}/channels`)
  return { template, channel, hosts: canaries[channel] ?? [] }
}

/** Ends the canaries of every channel and tells which channels had some. */
async function endAllCanaries(template: string): Promise<string[]> {
  const { canaries } = await openClient().call(ChannelsReply, `/api/v1/templates/${template}/channels`)
  const channels = Object.keys(canaries)
  for (const channel of channels) await setOrReadCanaries(template, channel, [])
  return channels
}
