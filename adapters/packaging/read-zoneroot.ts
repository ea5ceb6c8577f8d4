/** Streams the tree of a zone's root off its host, once: by GNU tar where there is one, else by find and cpio. */
import type { Readable } from 'node:stream'
import type { HostShell } from '#app/ports/hosts.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { MemberSink, PushReader } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { ProvisionError } from '#core/errors.ts'
import { emptiedDirectories, isLeftOut } from '#core/packaging/left-out.ts'
import { groupLinks, parseInodes, type LinkGroups } from '#core/packaging/link-groups.ts'

export interface ZonerootSource {
  /** reads `stream` into a sink */
  open(sink: MemberSink): PushReader
  stream(signal: AbortSignal): Readable
}

/** Where Solaris and illumos keep GNU tar. */
const TARS = ['tar', 'gtar', '/usr/sfw/bin/gtar', '/opt/csw/bin/gtar', '/opt/local/bin/gtar'] as const

/**
 * Sorted by bytes whatever the host's locale; a socket is nothing that an archive can hold. `-c` is newc on Solaris, and
 * something older in GNU cpio.
 */
const CPIO_SCRIPT = [
  'cd "$1" && LC_ALL=C && export LC_ALL || exit 1',
  'form=-c; case `cpio --version 2>/dev/null` in *GNU*) form="-H newc" ;; esac',
  'find . ! -type s -print | sort | cpio -o $form',
].join('\n')

export async function findZonerootSource(
  shell: HostShell,
  zoneroot: string,
  brand: string,
): Promise<ZonerootSource> {
  const tar = await findGnuTar(shell)
  if (tar === undefined)
    return {
      open: (sink) => new CpioReader(sink),
      stream: (signal) => shell.stream(['sh', '-c', CPIO_SCRIPT, 'sh', zoneroot], { signal }),
    }
  const pack = `${tar} --create --file=- --format=posix --sort=name --numeric-owner --sparse --sparse-version=1.0`
  const [program = tar, ...options] = pack.split(' ')
  const without = emptiedDirectories(brand).map((directory) => `--exclude=./${directory}/*`)
  const select = ['--warning=no-file-ignored', '--anchored', '--wildcards', ...without, '-C', zoneroot, '.']
  return {
    open: (sink) => new TarReader(sink, { passSparse: true }),
    stream: (signal) => shell.stream([program, ...options, ...select], { signal }),
  }
}

async function findGnuTar(shell: HostShell): Promise<string | undefined> {
  for (const tar of TARS) {
    const version = await shell.run([tar, '--version']).catch(whenNoSuchCommand)
    if (version.includes('GNU tar')) return tar
  }
  return undefined
}

function whenNoSuchCommand(error: unknown): string {
  if (error instanceof ProvisionError && error.kind !== 'unavailable') return ''
  throw error
}

/** The files and symlinks of the tree that have several names. */
export async function listLinkGroups(shell: HostShell, zoneroot: string, brand: string): Promise<LinkGroups> {
  const find = 'cd "$1" && find . \\( -type f -o -type l \\) -links +1'
  const gnu = await readAll(shell, `${find} -printf '%i %p\\0'`, zoneroot).catch(whenNoSuchCommand)
  const isGnu = gnu.includes('\0')
  const listed = isGnu ? gnu : await readAll(shell, `${find} -exec ls -id {} +`, zoneroot)
  return groupLinks(parseInodes(listed, isGnu ? '\0' : '\n'), (path) => isLeftOut(brand, path))
}

/** Names are bytes in whatever encoding: one character for each. */
async function readAll(shell: HostShell, script: string, zoneroot: string): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of shell.stream(['sh', '-c', script, 'sh', zoneroot])) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}
