// `zoneflash host boot`: what boot servers, DHCP servers and loaders need to know of a host.
import type { Command } from 'commander'
import { BootKind } from '#core/boot/options.ts'
import { addCommand, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { wordOption } from '../option-values.ts'
import { inWordsOfOptions, type OptionOfField } from '../option-words.ts'
import { print } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { BootReply } from '../replies/boot.ts'

interface BootCommandOptions {
  json?: boolean
  kind: string
  for?: string
  token?: string
  server?: string
  bootServer?: string
  installServer?: string
  media?: string
  root?: string
  tftp?: string
  bootFile?: string
  jumpstart?: string
  sysid?: string
  console?: string
  vendorClass?: string
  address?: string
  wanboot?: boolean
  wanbootFile?: string
  minirootFile?: string
  compression?: string
}

export function registerHostBoot(noun: Command): void {
  addCommand(
    noun,
    'boot',
    'print what a network needs to know to boot a host: a menu, a DHCP block, a loader’s line',
    'zoneflash host boot h1 --kind dhcpd --boot-server js1=192.0.2.11 --media /export/s10 >>dhcpd.conf',
    'zoneflash host boot h1 --kind grub --for 2h --media /export/s10x',
    'zoneflash host boot o1 --kind kayak --for 2h',
  )
    .argument('<name>')
    .requiredOption('--kind <kind>', BootKind.options.join(', '))
    .option('--for <duration>', 'arm the host, e.g. for 2h; its token is in what is printed')
    .option('--token <token>', 'the token of the window that is open')
    .option(
      '--server <url>',
      'how the host reaches this server when it begins (default: as it is configured)',
    )
    .option('--boot-server <[name=]address>', 'NFS root and TFTP (default: this server’s address)')
    .option('--install-server <[name=]address>', 'the installation medium (default: the boot server)')
    .option('--media <path>', 'directory of the medium (default: /export/install)')
    .option('--root <path>', 'directory of the installer’s root (default: below the medium)')
    .option('--tftp <path>', 'of kernel and miniroot below the TFTP directory')
    .option('--boot-file <name>', 'what PXE or the PROM loads first')
    .option('--jumpstart <server:/dir>', 'JumpStart directory over NFS (default: this server by HTTP)')
    .option('--sysid <server:/dir>', 'directory of the host’s sysidcfg over NFS')
    .option('--console <device>', 'of the kernel on x86, e.g. ttya')
    .option('--vendor-class <class>', 'that the host says in DHCP, e.g. SUNW.i86pc')
    .option('--address <ip>', 'the host’s IPv4 address (default: of its record)')
    .option('--wanboot', 'DHCP gives the address of wanboot-cgi')
    .option('--wanboot-file <name>', 'the wanboot program in the directory wanboot of the media')
    .option('--miniroot-file <name>', 'the miniroot in the directory wanboot of the media')
    .option('--compression <xz|gz|bz2>', 'of kayak’s medium (default: xz)')
    .action(boot)
}

async function boot(
  name: string,
  { json, kind, for: window, token, ...rest }: BootCommandOptions,
): Promise<void> {
  const body = {
    kind: wordOption('--kind', kind, BootKind.options),
    ...(window !== undefined && { for: window }),
    ...(token !== undefined && { token }),
    options: optionsOf(rest),
  }
  const asked = openClient().call(BootReply, `${hostRoute(name)}/boot`, { method: 'POST', body })
  const material = await inWordsOfOptions(OPTION_OF, asked)
  await show(json, material, async ({ files, steps, notes, armedUntil }) => {
    for (const file of files) await print(files.length > 1 ? `# ${file.name}\n${file.text}` : file.text)
    for (const file of files.length === 1 ? files : []) process.stderr.write(`for ${file.name}\n`)
    for (const step of steps) process.stderr.write(`- ${step}\n`)
    for (const note of notes) process.stderr.write(`note: ${note}\n`)
    if (armedUntil !== undefined) process.stderr.write(`${name} is armed until ${armedUntil}\n`)
  })
}

const OPTION_OF: OptionOfField = {
  for: '--for',
  token: '--token',
  'options.server': '--server',
  'options.bootServer': '--boot-server',
  'options.installServer': '--install-server',
  'options.mediaPath': '--media',
  'options.rootPath': '--root',
  'options.tftpPath': '--tftp',
  'options.bootFile': '--boot-file',
  'options.jumpstart': '--jumpstart',
  'options.sysid': '--sysid',
  'options.console': '--console',
  'options.vendorClass': '--vendor-class',
  'options.address': '--address',
  'options.wanbootFile': '--wanboot-file',
  'options.minirootFile': '--miniroot-file',
  'options.compression': '--compression',
}

/** Only what was said: the server knows the rest. */
function optionsOf(options: Omit<BootCommandOptions, 'json' | 'kind' | 'for' | 'token'>): object {
  const { media, root, tftp, bootServer, installServer, ...same } = options
  return {
    ...same,
    ...(media !== undefined && { mediaPath: media }),
    ...(root !== undefined && { rootPath: root }),
    ...(tftp !== undefined && { tftpPath: tftp }),
    ...(bootServer !== undefined && { bootServer: serverOf('--boot-server', bootServer) }),
    ...(installServer !== undefined && { installServer: serverOf('--install-server', installServer) }),
  }
}

/** `js1=192.0.2.11`, or the address alone. */
function serverOf(option: string, text: string): { name?: string; address: string } {
  const [, name, address] = /^(?:([^=]+)=)?([0-9.]+)$/.exec(text) ?? []
  if (address === undefined)
    throw usageFailure(`${option} is ${JSON.stringify(text)}, expected NAME=ADDRESS or ADDRESS`)
  return { address, ...(name !== undefined && { name }) }
}
