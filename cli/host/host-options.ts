// What is said of a host by options, and the fields of its record that they stand for.
import type { Command } from 'commander'
import { usageFailure } from '../failures.ts'
import { parseInterfaces } from '../interface-option.ts'
import type { OptionOfField } from '../option-words.ts'
import type { HostReply } from '../replies.ts'

export interface HostOptions {
  json?: boolean
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

export const OPTION_OF: OptionOfField = {
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

export function addHostOptions(command: Command): Command {
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

/** Only what was said. `before`: the builds of the host as it is. @throws CliFailure */
export function fieldsOf(
  options: HostOptions,
  before?: HostReply['builds'],
): { facts?: Record<string, string> } {
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
