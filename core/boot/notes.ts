// What an administrator should know of boot material that is printed all the same, one line each.
import type { Host } from '../host.ts'
import type { BootKind, BootOptions } from './options.ts'

interface NotesInput {
  kind: BootKind
  host: Pick<Host, 'name' | 'arch'>
  options: Pick<BootOptions, 'server' | 'wanboot'>
  /** that the server's configuration says, and that of installers that speak no TLS: documents name these */
  baseUrl: string
  plainUrl: string
}

export function bootNotes(input: NotesInput): string[] {
  return [machineNote(input), serverNote(input)].filter((note) => note !== undefined)
}

/** Kinds of the other machine. An architecture that nobody knows may be any. */
function machineNote({ kind, host, options }: NotesInput): string | undefined {
  const isForX86 = kind === 'grub' || kind === 'kayak'
  const isWanboot = kind === 'wanboot' || (options.wanboot && !isForX86 && kind !== 'bootparams')
  const isForSparc = kind === 'bootparams' || isWanboot
  if (isForX86 && host.arch.startsWith('sun4'))
    return `${host.name} is ${host.arch} and ${kind} is for x86: SPARC boots by bootparams, wanboot or DHCP`
  if (isForSparc && host.arch.startsWith('i86'))
    return `${host.name} is ${host.arch} and ${isWanboot ? 'WAN boot' : kind} is for SPARC: x86 boots by DHCP and grub or kayak`
  return undefined
}

/** The option says where the host begins; what it fetches there names the server as it is configured. */
function serverNote({ kind, options, baseUrl, plainUrl }: NotesInput): string | undefined {
  const { server } = options
  if (server === undefined) return undefined
  const [said, base, plain] = [originOf(server), originOf(baseUrl), originOf(plainUrl)]
  const isKayak = kind === 'kayak'
  if (said === base || (said === plain && !isKayak)) return undefined
  const isWanboot = kind === 'wanboot' || options.wanboot
  const named = isKayak
    ? `kayak's configuration and zones.sh name ${base}`
    : `finish names ${base}, archive_location in profile ${plain}${isWanboot ? `, what wanboot-cgi answers ${plain}` : ''}`
  return `${server.replace(/\/$/, '')} is only in what is printed here: ${named}; set ZONEFLASH_URL if the host does not reach that`
}

/** Without a path, and without what somebody may have to say who they are. */
function originOf(url: string): string {
  return new URL(url).origin
}
