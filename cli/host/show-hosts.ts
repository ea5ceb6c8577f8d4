// `zoneflash host list` and `host show`.
import { z } from 'zod'
import { openClient, show } from '../command.ts'
import { interfaceText } from '../interface-option.ts'
import { print, printLine, renderName, renderTable } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { ClientCommandReply, HostReply, InstallReply } from '../replies.ts'

interface Options {
  json?: boolean
}

export async function listHosts({ json }: Options): Promise<void> {
  const hosts = await openClient().call(z.array(HostReply), '/api/v1/hosts')
  await show(json, hosts, (list) => print(renderHosts(list)))
}

/** Its record, its installs, and the commands that make it a client of this server. */
export async function showHost(name: string, { json }: Options): Promise<void> {
  const client = openClient()
  const host = await client.call(HostReply, hostRoute(name))
  const installs = await client.call(z.array(InstallReply), `${hostRoute(name)}/installs`)
  const clients = await client.call(z.array(ClientCommandReply), `${hostRoute(name)}/clients`)
  await show(json, { ...host, installs, clients }, async () => {
    await print(renderHosts([host]))
    if (host.builds)
      await printLine(`builds ${host.builds.atOnce} at a time, zones below ${host.builds.zonesRoot}`)
    for (const one of host.interfaces ?? []) await printLine(`interface ${interfaceText(one)}`)
    for (const [fact, value] of Object.entries(host.facts))
      await printLine(`fact ${fact}=${renderName(value)}`)
    const rows = installs.map((install) => [
      install.id,
      install.state,
      install.armedAt,
      install.finishedAt ?? '-',
    ])
    if (rows.length > 0) await print(`\n${renderTable(['INSTALL', 'STATE', 'ARMED', 'FINISHED'], rows)}`)
    if (clients.length > 0) await printLine('\nclients of its own, to be told once:')
    for (const { command, note } of clients) await printLine(`  ${command}\n    ${note}`)
  })
}

function renderHosts(hosts: readonly HostReply[]): string {
  const rows = hosts.map((host) => [
    host.name,
    host.release,
    host.arch,
    host.profile ?? '-',
    host.transport ?? '-',
    [...host.macs, ...host.addresses].join(' '),
  ])
  return renderTable(['NAME', 'RELEASE', 'ARCH', 'PROFILE', 'TRANSPORT', 'ADDRESSES'], rows)
}
