// What an administrator may say about the network that a host boots from. Every value fits the files it goes into as it is.
import { z } from 'zod'
import { ProvisionError } from '../errors.ts'
import { MediumCompression } from './kayak.ts'

/** The files that can be written for a host: docs/clients/network-boot.md. */
export const BootKind = z.enum(['grub', 'bootparams', 'dhcpd', 'kea', 'dnsmasq', 'wanboot', 'kayak'])
export type BootKind = z.infer<typeof BootKind>

const path = String.raw`(?:/[A-Za-z0-9][A-Za-z0-9._+-]*)+`
const serverName = '[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?'

const MediaPath = z
  .string()
  .max(200)
  .regex(new RegExp(`^${path}$`), 'expected an absolute path of letters, digits and . _ + -')

/** `js1:/jumpstart` */
const NfsDirectory = z
  .string()
  .max(250)
  .regex(new RegExp(`^${serverName}:${path}$`), 'expected server:/directory')

const MediaFile = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'expected the name of a file in the directory wanboot of the media',
  )

/** A machine that serves NFS or TFTP. */
export const BootServer = z.strictObject({
  address: z.ipv4(),
  /** default: the address */
  name: z
    .string()
    .regex(new RegExp(`^${serverName}$`), 'expected a host name')
    .optional(),
})
export type BootServer = z.infer<typeof BootServer>

export const BootOptions = z.strictObject({
  /**
   * how the host reaches this server when it begins; what it fetches there names the server as it is configured. Default: the
   * listener for old installers, or the server's own address
   */
  server: z
    .url({ protocol: /^https?$/ })
    .max(200)
    .regex(/^https?:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?\/?$/, 'expected http://ADDRESS:PORT')
    .optional(),
  /** has the root file system that the installer runs on, and TFTP; default: this server's address */
  bootServer: BootServer.optional(),
  /** has the installation medium; default: the boot server */
  installServer: BootServer.optional(),
  /** directory of the medium on the install server */
  mediaPath: MediaPath.default('/export/install'),
  /** directory of the installer's root on the boot server; default: below the medium */
  rootPath: MediaPath.optional(),
  /** of kernel and miniroot below the TFTP directory; default: the last part of the medium's path */
  tftpPath: MediaPath.optional(),
  /** what PXE or the boot PROM loads first */
  bootFile: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]{0,126}$/, 'expected the name of a file below the TFTP directory')
    .optional(),
  /** JumpStart directory and directory of the host's sysidcfg over NFS; absent: both come from this server by HTTP */
  jumpstart: NfsDirectory.optional(),
  sysid: NfsDirectory.optional(),
  /** of the kernel on x86 */
  console: z.enum(['text', 'graphics', 'ttya', 'ttyb', 'ttyc', 'ttyd']).optional(),
  /** that the host says of itself in DHCP; default: of SPARC by model, else by architecture */
  vendorClass: z
    .string()
    .regex(/^SUNW\.[A-Za-z0-9._-]{1,58}$/, 'expected a vendor class such as SUNW.i86pc')
    .optional(),
  /** the host's own IPv4 address; default: the first that it has */
  address: z.ipv4().optional(),
  /** DHCP gives the address of wanboot-cgi instead of NFS servers */
  wanboot: z.boolean().default(false),
  /** paths that wanboot-cgi hands out, below ZONEFLASH_MEDIA/wanboot */
  wanbootFile: MediaFile.default('wanboot'),
  minirootFile: MediaFile.default('miniroot'),
  /** how kayak's medium is compressed */
  compression: MediumCompression.default('xz'),
})
export type BootOptions = z.infer<typeof BootOptions>

/** A fact or option that is missing. */
export function bootConflict(
  code: 'HostHasNoMac' | 'HostHasNoAddress' | 'BootAddressNeeded' | 'BootHttpNeeded',
  message: string,
) {
  return new ProvisionError('conflict', code, message)
}
