// `zoneflash zone …`: the zones on hosts, as the hosts last reported them.
import type { Command } from 'commander'
import { z } from 'zod'
import { renderZones } from '../channel-lines.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { print, printLine } from '../output.ts'
import { ZoneReply } from '../replies/channels.ts'

interface Options {
  json?: boolean
  host?: string
  template?: string
}

export function registerZone(program: Command): void {
  const noun = addNoun(program, 'zone', 'zones on hosts: which version each was made from')

  addCommand(noun, 'list', 'list the zones that hosts have reported', 'zoneflash zone list --template mysql')
    .option('--host <host>', 'on this host alone')
    .option('--template <template>', 'made from this template alone')
    .action(async ({ json, host, template }: Options) => {
      const zones = await openClient().call(z.array(ZoneReply), '/api/v1/zones', {
        query: { host, template },
      })
      await show(json, zones, (list) => print(renderZones(list)))
    })

  addCommand(
    noun,
    'forget',
    'forget a zone that is gone from its host, so that its version may be deleted',
    'zoneflash zone forget h1 mysql01',
  )
    .argument('<host>')
    .argument('<zone>')
    .action(async (host: string, zone: string, { json }: Options) => {
      await openClient().act(`/api/v1/zones/${encodeURIComponent(host)}/${encodeURIComponent(zone)}`, {
        method: 'DELETE',
      })
      await show(json, { forgotten: { host, zone } }, () => printLine(`forgot ${host}:${zone}`))
    })
}
