// What is known of a host, in the words that rules compare with (jumpstart.md 1.3).
import { addressOfHost, nodenameOf, primaryInterface, type Host } from '../host.ts'
import { splitAddress } from '../sysidcfg/netmask.ts'
import { readFact, type Disk, type InstalledRelease } from './fact-values.ts'
import { IPV4 } from './names.ts'

/** undefined: the host's record does not say */
export interface JumpStartFacts {
  /** `uname -n` */
  hostname: string
  /** `uname -p` */
  arch: 'sparc' | 'i386' | undefined
  /** `uname -m` */
  karch: string | undefined
  hostaddress: string | undefined
  /** address AND netmask */
  network: string | undefined
  domainname: string | undefined
  /** blanks as underscores */
  model: string | undefined
  /** MB */
  memory: number | undefined
  disks: readonly Disk[] | undefined
  rootdisk: string | undefined
  /** empty: nothing is installed */
  installed: readonly InstalledRelease[] | undefined
  osname: string | undefined
}

/**
 * The host as its installer will see it. Name, addresses and networks come from the record; the hardware from its facts
 * `memory`, `model`, `disks`, `rootdisk`, `installed`, `osname`, `domainname` (docs/clients/rules.md).
 */
export function factsOf(host: Host): JumpStartFacts {
  const disks = readFact(host.facts, 'disks')
  const address = addressOfHost(host)
  return {
    hostname: nodenameOf(host),
    ...architectureOf(host.arch),
    hostaddress: address,
    network: networkOf(host, address),
    domainname: readFact(host.facts, 'domainname'),
    model: readFact(host.facts, 'model'),
    memory: readFact(host.facts, 'memory'),
    disks,
    rootdisk: readFact(host.facts, 'rootdisk') ?? rootDiskAmong(disks),
    installed: readFact(host.facts, 'installed'),
    osname: readFact(host.facts, 'osname') ?? (host.release.startsWith('s10') ? 'Solaris_10' : undefined),
  }
}

/** sun4u → sparc and sun4u; i86pc → i386 and i86pc; a record may also have the processor alone. */
function architectureOf(arch: string): Pick<JumpStartFacts, 'arch' | 'karch'> {
  if (arch === 'sparc' || arch === 'i386') return { arch, karch: undefined }
  if (/^sun4[a-z]*$/.test(arch)) return { arch: 'sparc', karch: arch }
  return { arch: arch === 'i86pc' ? 'i386' : undefined, karch: arch }
}

/** The interface's network; else that of the record in which the address lies, or the only one. */
function networkOf({ networks, ...host }: Host, address: string | undefined): string | undefined {
  const primary = primaryInterface(host)?.address
  if (primary !== undefined) return networkNumber(primary)
  const fourth = networks.filter((network) => IPV4.test(network.split('/')[0] ?? ''))
  if (address === undefined) return fourth.length === 1 ? networkNumber(fourth[0] ?? '') : undefined
  const around = fourth.find(
    (network) => networkNumber(network) === networkNumber(`${address}/${network.split('/')[1] ?? ''}`),
  )
  return around === undefined ? undefined : networkNumber(around)
}

/** `192.0.2.10/24` → 192.0.2.0 */
function networkNumber(text: string): string | undefined {
  const split = splitAddress(text)
  if (!split) return undefined
  const mask = split.netmask.split('.').map(Number)
  return split.ip
    .split('.')
    .map((octet, index) => Number(octet) & (mask[index] ?? 0))
    .join('.')
}

/** Without a preinstalled disk: c0t3d0 where there is one, else the first that is probed (jumpstart.md 1.3). */
function rootDiskAmong(disks: readonly Disk[] | undefined): string | undefined {
  return disks?.find(({ name }) => name === 'c0t3d0')?.name ?? disks?.[0]?.name
}
