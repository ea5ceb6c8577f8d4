// `zoneflash host events`: the timeline of an install, as it is or as it comes.
import { z } from 'zod'
import type { Client } from '../client.ts'
import { openClient, show } from '../command.ts'
import { refused } from '../failures.ts'
import { followStream } from '../follow.ts'
import { print, printLine, renderName } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { EventReply, InstallReply } from '../replies.ts'

interface Options {
  json?: boolean
  follow?: boolean
  install?: string
}

/** @throws CliFailure NoInstall; with `follow` InstallFailed */
export async function showEvents(name: string, options: Options): Promise<void> {
  const client = openClient()
  const id = options.install ?? (await latestInstall(client, name))
  const route = `/api/v1/installs/${encodeURIComponent(id)}/events`
  if (options.follow) return followEvents(client, route, options.json)
  const events = await client.call(z.array(EventReply), route)
  await show(options.json, events, (list) => print(list.map(renderEvent).join('')))
}

async function latestInstall(client: Client, host: string): Promise<string> {
  const installs = await client.call(z.array(InstallReply), `${hostRoute(host)}/installs`)
  const latest = installs.toSorted((a, b) => b.armedAt.localeCompare(a.armedAt))[0]
  if (latest) return latest.id
  throw refused('NoInstall', `${host} was never armed`, { advice: `arm it: \`zoneflash host arm ${host}\`` })
}

type Event = z.infer<typeof EventReply>

function renderEvent({ receivedAt, step, zone, state, message }: Event): string {
  const lines = (message ?? '').split('\n').filter(Boolean).map(renderName)
  const [first = '', ...more] = lines
  const head =
    `${receivedAt}  ${(zone ?? '').padEnd(12)} ${step.padEnd(12)} ${state.padEnd(8)} ${first}`.trimEnd()
  return [head, ...more.map((line) => `    ${line}`)].map((line) => `${line}\n`).join('')
}

/** Until the whole install is done or failed, or the server ends the stream. */
async function followEvents(client: Client, route: string, json: boolean | undefined): Promise<void> {
  for await (const data of followStream(client, route)) {
    const event = EventReply.parse(JSON.parse(data))
    await (json ? printLine(JSON.stringify(event)) : print(renderEvent(event)))
    if (event.step !== 'install') continue
    if (event.state === 'done') return
    if (event.state === 'failed')
      throw refused('InstallFailed', event.message ?? 'the install failed', {
        advice: 'the window stays open: mend the cause and run the script on the host again',
      })
  }
}
