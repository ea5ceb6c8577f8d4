// `zoneflash host …`: the machines that get zones, what will happen on them, and what did.
import type { Command } from 'commander'
import { z } from 'zod'
import type { Client } from '../client.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { registerHostArchive } from './host-archive.ts'
import { refused, usageFailure } from '../failures.ts'
import { followStream } from '../follow.ts'
import { parseInterfaces, interfaceText } from '../interface-option.ts'
import { inWordsOfOptions, type OptionOfField } from '../option-words.ts'
import { print, printJson, printLine, renderName, renderTable } from '../output.ts'
import { ArmReply, ClientCommandReply, EventReply, HostReply, InstallReply, PlanReply } from '../replies.ts'
import { registerHostBoot } from './host-boot.ts'

interface Options {
  json?: boolean
}

interface HostOptions extends Options {
  mac?: string[]
  address?: string[]
  network?: string[]
  interface?: string[]
  arch?: string
  release?: string
  profile?: string
  transport?: string
  builds?: string
  zonesRoot?: string
  fact?: string[]
}

const OPTION_OF: OptionOfField = {
  name: 'NAME',
  for: '--for',
  macs: '--mac',
  addresses: '--address',
  networks: '--network',
  interfaces: '--interface',
  arch: '--arch',
  release: '--release',
  profile: '--profile',
  transport: '--transport',
  'builds.atOnce': '--builds',
  'builds.zonesRoot': '--zones-root',
  facts: '--fact',
}

const hostRoute = (name: string): string => `/api/v1/hosts/${encodeURIComponent(name)}`

export function registerHost(program: Command): void {
  const noun = addNoun(program, 'host', 'machines that get zones: add, arm, plan, watch')

  addHostOptions(
    addCommand(
      noun,
      'add',
      'add a host',
      'zoneflash host add h1 --mac 0:11:22:33:44:55 --profile web --release s10u8',
      "zoneflash host add h2 --release s10u8 --profile web10 --interface 'bge0=192.0.2.10/24,router=192.0.2.1'",
      'zoneflash host add builder --transport ssh:root@192.0.2.7 --builds 1',
    ).argument('<name>'),
  ).action(async (name: string, options: HostOptions) => {
    const client = openClient()
    const body = { name, ...fieldsOf(options) }
    await inWordsOfOptions(OPTION_OF, client.act('/api/v1/hosts', { method: 'POST', body }))
    await showHost(client, name, options.json)
  })

  addHostOptions(
    addCommand(
      noun,
      'set',
      'change a host; what is not named stays',
      'zoneflash host set h1 --profile db',
    ).argument('<name>'),
  ).action(async (name: string, options: HostOptions) => {
    const client = openClient()
    const host = await client.call(HostReply, hostRoute(name))
    const { facts, ...fields } = fieldsOf(options, host.builds)
    const body = { ...host, ...fields, facts: { ...host.facts, ...facts } }
    await inWordsOfOptions(OPTION_OF, client.act(hostRoute(name), { method: 'PUT', body }))
    await showHost(client, name, options.json)
  })

  addCommand(noun, 'list', 'list all hosts', 'zoneflash host list').action(async ({ json }: Options) => {
    const hosts = await openClient().call(z.array(HostReply), '/api/v1/hosts')
    await show(json, hosts, (list) => print(renderHosts(list)))
  })

  addCommand(noun, 'show', 'show a host and its installs', 'zoneflash host show h1')
    .argument('<name>')
    .action((name: string, { json }: Options) => showHost(openClient(), name, json))

  addCommand(
    noun,
    'arm',
    'open the window in which a host may fetch its documents',
    'zoneflash host arm h1 --for 2h',
  )
    .argument('<name>')
    .option('--for <duration>', 'how long, e.g. 30m, 2h, 1d', '2h')
    .action(async (name: string, options: Options & { for: string }) => {
      const body = { for: options.for }
      const asked = openClient().call(ArmReply, `${hostRoute(name)}/arm`, { method: 'POST', body })
      const armed = await inWordsOfOptions(OPTION_OF, asked)
      await show(options.json, armed, async ({ url, expiresAt, boot }) => {
        if (boot) {
          await printLine(`${name} is armed until ${expiresAt}. Boot its installer with these words:`)
          await printLine(`  ${boot.words}`)
          if (boot.note !== undefined) process.stderr.write(`note: ${boot.note}\n`)
          return
        }
        await printLine(`${name} is armed until ${expiresAt}. Run on it, as root:`)
        await printLine(`  curl -fsS ${url.replace(/\/?$/, '/')}zones.sh | sh`)
      })
    })

  addCommand(noun, 'plan', 'show what would happen on a host: steps, bytes, files', 'zoneflash host plan h1')
    .argument('<name>')
    .action(async (name: string, { json }: Options) => {
      const plan = await openClient().call(PlanReply, `${hostRoute(name)}/plan`)
      await show(json, plan, (value) => print(value.text))
    })

  addCommand(
    noun,
    'render',
    'print the very script that the host would run',
    'zoneflash host render h1 --masked | less',
    'zoneflash host render h2 --document sysidcfg',
  )
    .argument('<name>')
    .option('--masked', 'with secrets masked')
    .option('--document <name>', 'of a JumpStart host: finish, begin, profile, sysidcfg, rules.ok')
    .action(async (name: string, options: Options & { masked?: boolean; document?: string }) => {
      const { json, masked, document } = options
      const query = { masked: masked ? '1' : undefined, document }
      const script = await (await openClient().open(`${hostRoute(name)}/script`, { query })).text()
      await (json ? printJson({ host: name, script }) : print(script))
    })

  addCommand(noun, 'events', 'show the timeline of the latest install', 'zoneflash host events -f h1')
    .argument('<name>')
    .option('-f, --follow', 'stay and show what comes, until the install is over')
    .option('--install <id>', 'another install than the latest')
    .action(async (name: string, options: Options & { follow?: boolean; install?: string }) => {
      const client = openClient()
      const id = options.install ?? (await latestInstall(client, name))
      const route = `/api/v1/installs/${encodeURIComponent(id)}/events`
      if (options.follow) return followEvents(client, route, options.json)
      const events = await client.call(z.array(EventReply), route)
      await show(options.json, events, (list) => print(list.map(renderEvent).join('')))
    })

  registerHostArchive(noun)

  registerHostBoot(noun)

  addCommand(noun, 'rm', 'forget a host', 'zoneflash host rm h1')
    .argument('<name>')
    .action(async (name: string, { json }: Options) => {
      await openClient().act(hostRoute(name), { method: 'DELETE' })
      await show(json, { deleted: name }, () => printLine(`removed ${name}`))
    })
}

function addHostOptions(command: Command): Command {
  return command
    .option('--mac <address...>', 'MAC addresses')
    .option('--address <ip...>', 'IP addresses')
    .option('--network <cidr...>', 'networks')
    .option(
      '--interface <interface...>',
      'of the global zone, for hosts that are installed as a whole: bge0=192.0.2.10/24,router=192.0.2.1 or bge0=dhcp; none: DHCP on the only one',
    )
    .option('--arch <arch>', 'e.g. i86pc, sun4u')
    .option('--release <release>', 's10u3 … s10u11, illumos')
    .option('--profile <profile>', 'what the host becomes')
    .option(
      '--transport <transport>',
      'how a worker reaches it: local, sandbox:NAME, ssh:user@address[:port]',
    )
    .option('--builds <count>', 'build templates here, so many at a time; 0: none')
    .option('--zones-root <path>', 'where builds have their zones (default: /zones)')
    .option('--fact <name=value...>', 'free facts, e.g. zfs=true, zpool=23 (docs/receivers.md)')
}

function fieldsOf(options: HostOptions, before?: HostReply['builds']): { facts?: Record<string, string> } {
  const { mac, address, network, interface: interfaces, arch, release, profile, transport, fact } = options
  return {
    ...buildsOf(options, before),
    ...(mac && { macs: mac }),
    ...(address && { addresses: address }),
    ...(network && { networks: network }),
    ...(interfaces && { interfaces: parseInterfaces(interfaces) }),
    ...(arch !== undefined && { arch }),
    ...(release !== undefined && { release }),
    ...(profile !== undefined && { profile }),
    ...(transport !== undefined && { transport }),
    ...(fact && { facts: Object.fromEntries(fact.map(splitFact)) }),
  }
}

/** Builds of a host; what is not named stays. `--builds 0` takes them from it. */
function buildsOf({ builds: count, zonesRoot }: HostOptions, before: HostReply['builds']): object {
  if (count === undefined && zonesRoot === undefined) return {}
  if (count !== undefined && !/^[0-9]{1,2}$/.test(count))
    throw usageFailure(`--builds is ${JSON.stringify(count)}, expected a number from 0 to 16`)
  if (count === '0') return { builds: undefined }
  if (count === undefined && !before) throw usageFailure('--zones-root goes with --builds COUNT')
  return {
    builds: {
      ...before,
      ...(count !== undefined && { atOnce: Number(count) }),
      ...(zonesRoot !== undefined && { zonesRoot }),
    },
  }
}

function splitFact(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw usageFailure(`--fact is ${JSON.stringify(text)}, expected name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

async function showHost(client: Client, name: string, json: boolean | undefined): Promise<void> {
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
