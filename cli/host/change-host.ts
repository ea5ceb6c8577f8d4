// `zoneflash host add`, `host set` and `host rm`.
import { openClient, show } from '../command.ts'
import { inWordsOfOptions } from '../option-words.ts'
import { printLine } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { HostReply } from '../replies.ts'
import { fieldsOf, OPTION_OF, type HostOptions } from './host-options.ts'
import { showHost } from './show-hosts.ts'

export async function addHost(name: string, options: HostOptions): Promise<void> {
  const body = { name, ...fieldsOf(options) }
  await inWordsOfOptions(OPTION_OF, openClient().act('/api/v1/hosts', { method: 'POST', body }))
  await showHost(name, options)
}

/** What is not named stays. */
export async function setHost(name: string, options: HostOptions): Promise<void> {
  const client = openClient()
  const host = await client.call(HostReply, hostRoute(name))
  const { facts, ...fields } = fieldsOf(options, host.builds)
  const body = { ...host, ...fields, facts: { ...host.facts, ...facts } }
  await inWordsOfOptions(OPTION_OF, client.act(hostRoute(name), { method: 'PUT', body }))
  await showHost(name, options)
}

export async function removeHost(name: string, { json }: { json?: boolean }): Promise<void> {
  await openClient().act(hostRoute(name), { method: 'DELETE' })
  await show(json, { deleted: name }, () => printLine(`removed ${name}`))
}
