// Streams a tree off its host, once: by GNU tar where there is one, else by find and cpio.
import type { Readable } from 'node:stream'
import type { HostShell } from '#app/ports/hosts.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { MemberSink, PushReader } from '#core/archive/member.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { ProvisionError } from '#core/errors.ts'
import { isBelowAny } from '#core/packaging/left-out.ts'
import { groupLinks, parseInodes, type LinkGroups } from '#core/packaging/link-groups.ts'

/** Directories of a host: a zone's root at rest, or the host's own root, which changes while it is read. */
export interface HostTree {
  root: string
  /** directories below it that stay, empty */
  emptied: readonly string[]
  /** mount points below a living root, `.` first; absent: the tree is at rest, and all below it is read */
  fileSystems?: readonly string[]
}

/** A command of the host that writes the tree, and what reads its output. */
export interface PackCommand {
  /** reads `stream` into a sink */
  open(sink: MemberSink): PushReader
  stream(signal: AbortSignal): Readable
}

/** Where Solaris and illumos keep GNU tar. */
const TARS = ['tar', 'gtar', '/usr/sfw/bin/gtar', '/opt/csw/bin/gtar', '/opt/local/bin/gtar'] as const

/**
 * Sorted by bytes whatever the host's locale; a socket is nothing that an archive can hold. `-c` is newc on Solaris, and
 * something older in GNU cpio. Mount points are listed by themselves and by what is above them.
 */
const CPIO_SCRIPT = [
  'cd "$1" && LC_ALL=C && export LC_ALL || exit 1',
  'shift',
  'form=-c; case `cpio --version 2>/dev/null` in *GNU*) form="-H newc" ;; esac',
]
const CPIO_AT_REST = [...CPIO_SCRIPT, 'find . ! -type s -print | sort | cpio -o $form'].join('\n')
/** cpio for a living root: files grow, shrink or go while it reads them. What else it says is a failure: a file too large for it. */
const CPIO_LIVING = [
  ...CPIO_SCRIPT,
  'said=/tmp/zoneflash-cpio.$$; (umask 077 && mkdir "$said") || exit 1',
  'for one in "$@"; do find "$one" -xdev ! -type s -print; done | sort -u | cpio -o $form 2>"$said/said"',
  'code=$?',
  'wrong=`egrep -v "No such file or directory|grew|shrunk|size changed|^[0-9]+ blocks?" "$said/said" | sed 20q`',
  'rm -rf "$said"',
  'if test "$code" -ne 0 && test -n "$wrong"; then echo "$wrong" >&2; exit "$code"; fi',
].join('\n')

/** GNU tar ends with 1 for those, with 2 for everything else; what it wrote is whole. */
const TAR_LIVING = '"$@"; code=$?; test "$code" -le 1 || exit "$code"'

/** GNU tar where the host has one, else find and cpio. @throws CommandFailed, HostUnreachable */
export async function findPackCommand(shell: HostShell, tree: HostTree): Promise<PackCommand> {
  const { root, emptied, fileSystems } = tree
  const tar = await findGnuTar(shell)
  if (tar === undefined) {
    const script = fileSystems ? CPIO_LIVING : CPIO_AT_REST
    return {
      open: (sink) => new CpioReader(sink),
      stream: (signal) =>
        shell.stream(['sh', '-c', script, 'sh', root, ...(fileSystems ?? []).map(dotted)], { signal }),
    }
  }
  const pack = `${tar} --create --file=- --format=posix --sort=name --numeric-owner --sparse --sparse-version=1.0`
  const [program = tar, ...options] = pack.split(' ')
  const without = emptied.map((directory) => `--exclude=./${escapeWildcards(directory)}/*`)
  const quiet = ['--warning=no-file-ignored', ...(fileSystems ? ['--warning=no-file-changed'] : [])]
  const words = [...options, ...quiet, '--anchored', '--wildcards', ...without, '-C', root, '.']
  return {
    open: (sink) => new TarReader(sink, { passSparse: true }),
    stream: (signal) =>
      shell.stream(fileSystems ? ['sh', '-c', TAR_LIVING, 'sh', program, ...words] : [program, ...words], {
        signal,
      }),
  }
}

function dotted(directory: string): string {
  return directory === '.' ? '.' : `./${directory}`
}

function escapeWildcards(directory: string): string {
  return directory.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)
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

/** The files and symlinks of the tree that have several names. Each file system numbers its own. */
export async function listLinkGroups(
  shell: HostShell,
  { root, emptied, fileSystems }: HostTree,
): Promise<LinkGroups> {
  const without = new Set(emptied)
  const groups = new Map<string, readonly string[]>()
  const isLeftOut = (path: string) => isBelowAny(path, without)
  // a living root is searched mount by mount, and files that go meanwhile are no failure
  const [within, end] = fileSystems ? ['-xdev ', '; :'] : ['', '']
  for (const fileSystem of fileSystems ?? ['.']) {
    const find = `cd "$1" && find "$2" ${within}\\( -type f -o -type l \\) -links +1`
    const list = (how: string) => readAll(shell, `${find} ${how}${end}`, root, dotted(fileSystem))
    const gnu = await list(String.raw`-printf '%i %p\0'`).catch(whenNoSuchCommand)
    const isGnu = gnu.includes('\0')
    const listed = isGnu ? gnu : await list('-exec ls -id {} +')
    for (const [name, names] of groupLinks(parseInodes(listed, isGnu ? '\0' : '\n'), isLeftOut))
      groups.set(name, names)
  }
  return groups
}

/** Names are bytes in whatever encoding: one character for each. */
async function readAll(shell: HostShell, script: string, ...words: string[]): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of shell.stream(['sh', '-c', script, 'sh', ...words])) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}
