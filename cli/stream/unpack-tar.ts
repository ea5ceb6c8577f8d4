// Unpacks an archive of ours by GNU tar.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { refused } from '../failures.ts'
import { noSpace } from '../file-failures.ts'

interface Options {
  isRoot: boolean
  signal: AbortSignal
}

/** illumos calls it gtar. */
const PROGRAM = process.platform === 'linux' ? 'tar' : 'gtar'

/** What a pipe says whose reader is gone. */
const WENT_AWAY = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'])
const NO_SPACE = /: (No space left on device|Disk quota exceeded)/

/** @throws CliFailure with what tar said */
export async function unpackTar(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  { isRoot, signal }: Options,
): Promise<void> {
  const owner = isRoot ? ['--same-owner', '--numeric-owner'] : ['--no-same-owner']
  const child = spawn(PROGRAM, ['-xpf', '-', '-C', directory, '--delay-directory-restore', ...owner], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    // a group of its own: Ctrl-C is for us, who end it
    detached: true,
  })
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  failed.catch(() => undefined)
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  closed.catch(() => undefined)
  let said = ''
  let isCut = false
  child.stderr.on('data', (text: Buffer) => (said = (said + String(text)).slice(-2000)))
  try {
    const fed = pipeline(Readable.from(archive, { objectMode: false }), child.stdin, { signal }).catch(
      (error: NodeJS.ErrnoException) => {
        if (!WENT_AWAY.has(error.code ?? '')) throw error
        isCut = true
      },
    )
    await Promise.race([fed, failed, closed])
    // tar that ended early is judged by what it said
    const [code, ended] = await Promise.race([closed, failed])
    if (code !== 0 && NO_SPACE.test(said)) throw noSpace(path.dirname(directory))
    if (code !== 0 || isCut)
      throw refused('ExtractFailed', `${PROGRAM} ended with ${code ?? ended}: ${said.trim()}`)
    await fed
  } catch (error) {
    signal.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw refused('ProgramMissing', `${PROGRAM} is not installed, expected GNU tar`, { cause: error })
  } finally {
    if (child.kill('SIGKILL')) await closed.catch(() => undefined)
  }
}
