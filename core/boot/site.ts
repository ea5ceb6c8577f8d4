// All that the files of one host are made of, gathered from its record, the options and the address of its documents.
import { addressOfHost, type Host } from '../host.ts'
import { bootConflict, type BootOptions, type BootServer } from './options.ts'

export interface NamedServer {
  address: string
  name: string
}

export interface BootSite {
  host: { name: string; mac: string; address?: string | undefined; arch: string }
  /** `http://192.0.2.10:7070`, without a slash at its end */
  server: string
  /** where the armed host's documents are: `http://192.0.2.10:7070/js/h1/TOKEN`, without a slash at its end */
  documents: string
  boot: NamedServer
  install: NamedServer
  mediaPath: string
  rootPath: string
  tftpPath: string
  bootFile: string
  jumpstart?: string | undefined
  sysid?: string | undefined
  console?: string | undefined
  vendorClass: string
  wanboot: boolean
  wanbootFile: string
  minirootFile: string
}

export interface BootSiteInput {
  host: Host
  options: BootOptions
  /** how hosts reach this server, unless the options say otherwise */
  server: string
  /** of the armed host */
  token: string
}

/** @throws HostHasNoMac, BootAddressNeeded for a boot server that nobody named */
export function bootSite({ host, options, server: ownServer, token }: BootSiteInput): BootSite {
  const [mac] = host.macs
  if (mac === undefined) {
    throw bootConflict('HostHasNoMac', `host ${host.name} has no MAC address, expected one to boot it by`)
  }
  const server = (options.server ?? ownServer).replace(/\/$/, '')
  const boot = named(options.bootServer ?? { address: addressOf(server) })
  const { mediaPath } = options
  return {
    host: { name: host.name, mac, address: options.address ?? addressOfHost(host), arch: host.arch },
    server,
    documents: `${server}/js/${host.name}/${token}`,
    boot,
    install: options.installServer ? named(options.installServer) : boot,
    mediaPath,
    rootPath: options.rootPath ?? `${mediaPath}/Solaris_10/Tools/Boot`,
    tftpPath: options.tftpPath ?? mediaPath.slice(mediaPath.lastIndexOf('/')),
    bootFile:
      options.bootFile ?? (host.arch === 'i86pc' ? 'pxegrub' : `inetboot.${wordOf(host.arch.toUpperCase())}`),
    jumpstart: options.jumpstart,
    sysid: options.sysid,
    console: options.console,
    vendorClass: options.vendorClass ?? vendorClassOf(host),
    wanboot: options.wanboot,
    wanbootFile: options.wanbootFile,
    minirootFile: options.minirootFile,
  }
}

function named({ address, name = address }: BootServer): NamedServer {
  return { address, name }
}

/** @throws BootAddressNeeded: names are not known yet when a host boots (jumpstart.md 3.5) */
export function addressOf(url: string): string {
  const { hostname } = new URL(url)
  if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(hostname)) return hostname
  throw bootConflict(
    'BootAddressNeeded',
    `the server is ${hostname}, expected its IPv4 address, as a host that boots knows no names yet: give the server's address`,
  )
}

/** @throws BootAddressNeeded, BootHttpNeeded: installers of that age speak no TLS */
export function assertPlainServer({ server }: Pick<BootSite, 'server'>): void {
  addressOf(server)
  if (server.startsWith('http://')) return
  throw bootConflict(
    'BootHttpNeeded',
    `the server is ${server}, expected an http address for an installer that speaks no TLS: see ZONEFLASH_LEGACY_LISTEN`,
  )
}

/** `SUNW,Sun-Fire-V240` says `SUNW.Sun-Fire-V240` in DHCP; x86 says `SUNW.i86pc`, whatever its model. */
function vendorClassOf({ arch, facts }: Host): string {
  const model = arch.startsWith('sun4')
    ? /^SUNW,([A-Za-z0-9._-]{1,58})$/.exec(facts['model'] ?? '')?.[1]
    : undefined
  return `SUNW.${model ?? wordOf(arch)}`
}

/** An architecture is free text in a host's record. */
function wordOf(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, '_')
}
