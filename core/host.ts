import { z } from 'zod'
import { jumpStartFactProblems } from './jumpstart/fact-values.ts'
import { MacAddress, macPrefixDigits } from './mac.ts'
import { HostName, ProfileName } from './names.ts'

/**
 * How the worker reaches a host: `local` runs commands on this machine, `sandbox:NAME` in a sandbox host,
 * `ssh:user@address[:port]` over ssh. Hosts that only pull need none.
 */
export const Transport = z
  .string()
  .regex(
    /^(local|sandbox:[a-z0-9][a-z0-9-]{0,31}|ssh:[A-Za-z0-9._-]+@[A-Za-z0-9.:_-]+)$/,
    'expected local, sandbox:NAME or ssh:user@address[:port]',
  )
export type Transport = z.infer<typeof Transport>

/** `s10u3` … `s10u11` or `illumos`: what a host runs, or a Linux sandbox host acts as. */
export const OsRelease = z.enum([
  's10u3',
  's10u4',
  's10u5',
  's10u6',
  's10u7',
  's10u8',
  's10u9',
  's10u10',
  's10u11',
  'illumos',
])
export type OsRelease = z.infer<typeof OsRelease>

/** Whether what came with `first` is there; illumos has it all. */
export function isAtLeast(release: OsRelease, first: OsRelease): boolean {
  return OsRelease.options.indexOf(release) >= OsRelease.options.indexOf(first)
}

/** An interface of the global zone, as sysidcfg has it (zones.md 6.2). Without an address it asks DHCP. */
export const HostInterface = z.strictObject({
  /** `bge0`; PRIMARY for the only one, whatever it is called */
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,30}$/, 'expected the name of an interface such as bge0, or PRIMARY'),
  /** of several: the one whose name the host has; default the first */
  primary: z.boolean().optional(),
  /** `192.0.2.10/24` */
  address: z.cidrv4().optional(),
  defaultRoute: z.ipv4().optional(),
  /** default: the host's name */
  hostname: HostName.optional(),
  ipv6: z.boolean().default(false),
})
export type HostInterface = z.infer<typeof HostInterface>

export const Host = z.object({
  name: HostName,
  macs: z.array(MacAddress).default([]),
  addresses: z.array(z.union([z.ipv4(), z.ipv6()], 'expected an IPv4 or IPv6 address')).default([]),
  arch: z.string().max(32).default('i86pc'),
  release: OsRelease.default('illumos'),
  networks: z.array(z.union([z.cidrv4(), z.cidrv6()], 'expected a network such as 192.0.2.0/24')).default([]),
  /** of the global zone, for hosts that are installed as a whole; absent: one that asks DHCP */
  interfaces: z.array(HostInterface).max(64).optional(),
  profile: ProfileName.optional(),
  transport: Transport.optional(),
  /** present: builds run here, so many at a time; their zones are below `zonesRoot` */
  builds: z
    .object({
      atOnce: z.int().min(1).max(16).default(1),
      zonesRoot: z
        .string()
        .regex(/^(\/[A-Za-z0-9._-]+)+$/, 'expected an absolute path')
        .default('/zones'),
    })
    .optional(),
  /** free facts, e.g. `zfs: "true"`, `memory: "8192"` */
  facts: z.record(z.string().max(64), z.string().max(1024)).default({}),
})
export type Host = z.infer<typeof Host>

/** The interface whose name and address the host has: the one that is marked, else the first. */
export function primaryInterface({ interfaces = [] }: Pick<Host, 'interfaces'>): HostInterface | undefined {
  return interfaces.find(({ primary }) => primary) ?? interfaces[0]
}

/** The name of the primary interface's address; the host's own where none has one. */
export function nodenameOf(host: Pick<Host, 'name' | 'interfaces'>): string {
  return primaryInterface(host)?.hostname ?? host.name
}

/** IPv4, without the bits of the network; undefined: it asks DHCP, or nobody said. */
export function primaryAddress(host: Pick<Host, 'interfaces'>): string | undefined {
  return primaryInterface(host)?.address?.split('/')[0]
}

/** The IPv4 address by which the host is known: of its primary interface, else the first of its record. */
export function addressOfHost(host: Pick<Host, 'interfaces' | 'addresses'>): string | undefined {
  return primaryAddress(host) ?? host.addresses.find((address) => !address.includes(':'))
}

/** A host as somebody gives it: its interfaces go together, facts that decide something are understood. Older records may have others. */
export const GivenHost = Host.extend({
  interfaces: Host.shape.interfaces.superRefine((interfaces = [], context) => {
    for (const message of interfaceProblems(interfaces)) context.addIssue(message)
  }),
  facts: Host.shape.facts.superRefine((facts, context) => {
    for (const fact of ['zfs', 'zpool', 'macPrefix'] as const) {
      const problem = factProblem(facts, fact)
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [fact], message: problem })
    }
    for (const { fact, message } of jumpStartFactProblems(facts))
      context.addIssue({ code: 'custom', path: [fact], message })
  }),
})

/** Why sysidcfg cannot have them together: one mistake, and the host uses nothing of the file (zones.md 6.1, 6.2). */
function interfaceProblems(interfaces: HostInterface[]): string[] {
  const names = interfaces.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  const primaries = interfaces.filter(({ primary }) => primary)
  const noName = names.length > 1 ? names.find((name) => /^(PRIMARY|NONE)$/i.test(name)) : undefined
  return [
    ...(twice === undefined ? [] : [`interface ${twice} is there twice, expected each once`]),
    ...(primaries.length <= 1
      ? []
      : [`interfaces ${primaries.map(({ name }) => name).join(' and ')} are primary, expected one`]),
    ...(noName === undefined
      ? []
      : [`an interface of ${names.length} is called ${noName}, expected a name such as bge0 for each`]),
  ]
}

/** Facts that decide something, beside those that rules look at. */
type DecidingFact = 'zfs' | 'zpool' | 'macPrefix'

/** Why the fact says nothing: its value and what was expected; undefined where it is absent or understood. */
export function factProblem(facts: Host['facts'], fact: DecidingFact): string | undefined {
  const value = facts[fact]
  if (value === undefined) return undefined
  const { isKnown, expected } = decidingFacts[fact]
  return isKnown(value) ? undefined : `the fact ${fact} is ${JSON.stringify(value)}, expected ${expected}`
}

/** Stands for feature flags wherever a pool version is asked for. */
const NEWEST_POOL = 5000

const decidingFacts: Record<DecidingFact, { isKnown: (value: string) => boolean; expected: string }> = {
  zfs: { isKnown: (value) => value === 'true' || value === 'false', expected: 'true or false' },
  zpool: {
    isKnown: (value) => poolOf(value) !== undefined,
    expected: `a pool version from 1 to ${NEWEST_POOL}, or features`,
  },
  macPrefix: {
    isKnown: (value) => macPrefixDigits(value) !== undefined,
    expected: 'the beginning of MAC addresses such as 08:00:27, and no whole one',
  },
}

/** The digits that the addresses of a group's machines begin with (the fact `macPrefix`); undefined: it says none. */
export function macPrefixOf({ facts }: Pick<Host, 'facts'>): string | undefined {
  return macPrefixDigits(facts['macPrefix'] ?? '')
}

/** What a fact `zpool` says; undefined: nothing that is understood. */
export function poolOf(text: string): number | 'features' | undefined {
  const pool = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : undefined
  if (text === 'features' || pool === NEWEST_POOL) return 'features'
  return pool !== undefined && pool < NEWEST_POOL ? pool : undefined
}
