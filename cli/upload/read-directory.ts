// A directory as a tar stream: what it holds is looked at first, so that a refusal comes before the first byte is sent.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { clampLink } from '#core/archive/member-path.ts'
import { tarMember } from '#core/archive/tar-writer.ts'
import { refused } from '../failures.ts'

const execFileAsync = promisify(execFile)

/** A symlink that climbs above the top of the tree, with the target that means the same inside a zone. */
export interface ClampedLink {
  path: string
  target: string
  uid: number
  gid: number
  /** seconds since the epoch */
  mtime: number
}

export interface Survey {
  /** bytes of all regular files: about the length of the tar */
  size: number
  clamped: ClampedLink[]
}

/** What `find` says of each thing: a letter, then fields that end in NUL. */
const SURVEY = [
  '( -type f ! -readable -o -type d ! ( -readable -executable ) ) -printf u%P\\0',
  '-type f -printf s%s\\0',
  '-type l -printf l%P\\0%l\\0%U\\0%G\\0%T@\\0',
]
  .join(' , ')
  .split(' ')

/** @throws CliFailure when something below `directory` cannot be read */
export async function surveyDirectory(directory: string): Promise<Survey> {
  const survey: Survey = { size: 0, clamped: [] }
  const unreadable: string[] = []
  const isZonepath = await looksLikeZonepath(directory)
  const fields = fieldsOf(
    spawn('find', ['-P', directory, ...SURVEY], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout,
  )
  const next = async (): Promise<string> => String((await fields.next()).value ?? '')
  for (let field = await fields.next(); !field.done; field = await fields.next()) {
    const value = field.value.slice(1)
    if (field.value.startsWith('u')) unreadable.push(value)
    else if (field.value.startsWith('s')) survey.size += Number(value)
    else {
      const link = await next()
      const [uid, gid, mtime] = [Number(await next()), Number(await next()), Number(await next())]
      const target = clampInTree(value, link, isZonepath)
      if (target !== link) survey.clamped.push({ path: value, target, uid, gid, mtime })
    }
  }
  const [first, ...others] = unreadable
  if (first !== undefined) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : ''
    throw refused('Unreadable', `${path.join(directory, first)} cannot be read${more}`, {
      advice: 'run the command as root, or leave it out of the directory',
    })
  }
  return survey
}

/** In a zonepath the zone's root is `root/`; links beside it are measured from the top. */
function clampInTree(name: string, target: string, isZonepath: boolean): string {
  return isZonepath && name.startsWith('root/')
    ? clampLink(name.slice('root/'.length), target)
    : clampLink(name, target)
}

async function looksLikeZonepath(directory: string): Promise<boolean> {
  const { stdout } = await execFileAsync('find', [
    directory,
    '-mindepth',
    '1',
    '-maxdepth',
    '1',
    '-printf',
    '%f\\0',
  ])
  const names = stdout.split('\0')
  return names.includes('root') && !['bin', 'etc', 'var'].some((name) => names.includes(name))
}

async function* fieldsOf(stream: Readable): AsyncGenerator<string, undefined> {
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const fields = (rest + String(chunk)).split('\0')
    rest = fields.pop() ?? ''
    yield* fields
  }
  return undefined
}

/**
 * Packs `directory` with GNU tar: sorted, numeric owners, no sockets. In front go the links of `clamped` with their new targets.
 * @throws CliFailure from the iteration when tar fails or a file changes while it is read
 */
export async function* packDirectory(
  directory: string,
  { clamped }: Survey,
): AsyncGenerator<Uint8Array, undefined> {
  const tar = spawn(await gnuTar(), tarArguments(directory, clamped), { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(tar, 'close')
  let isRead = false
  let said = ''
  tar.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4096)))
  try {
    for (const link of clamped) yield renderLink(link)
    yield* tar.stdout
    isRead = true
  } finally {
    // at the end of its output tar is about to end by itself: its exit code is what counts
    if (!isRead) tar.kill()
  }
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null]
  if (code !== 0) {
    const ended = signal === null ? `exit code ${code}` : `ended by ${signal}`
    throw refused('PackingFailed', `tar of ${directory} failed: ${said.trim().split('\n')[0] || ended}`)
  }
  return undefined
}

function renderLink({ path: name, target, uid, gid, mtime }: ClampedLink): Uint8Array {
  return tarMember({
    path: Buffer.from(name),
    type: 'symlink',
    link: Buffer.from(target),
    mode: 0o777,
    uid,
    gid,
    size: 0,
    mtime: Math.floor(mtime),
  })
}

function tarArguments(directory: string, clamped: readonly ClampedLink[]): string[] {
  return [
    '--create --file=- --format=posix --sort=name --numeric-owner --warning=no-file-ignored'.split(' '),
    ['--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime', '-C', directory],
    ['--anchored', '--no-wildcards'],
    clamped.map((link) => `--exclude=./${link.path}`),
    ['.'],
  ].flat()
}

async function gnuTar(): Promise<string> {
  for (const name of ['tar', 'gtar'])
    if ((await execFileAsync(name, ['--version']).catch(() => undefined))?.stdout.includes('GNU tar'))
      return name
  throw refused('NoGnuTar', 'neither tar nor gtar is GNU tar', {
    advice: 'install it, or pack the directory yourself and push the archive',
  })
}
