// Where a flash archive goes: a file that is there whole or not at all, or stdout.
import { stat } from 'node:fs/promises'
import { refused, usageFailure } from '../failures.ts'
import { STDIN } from '../file-failures.ts'
import { print, renderBytes } from '../output.ts'
import type { Progress } from '../progress.ts'
import { intoFile } from '../stream/into-file.ts'

/** What `-` means where something is written. */
const STDOUT = STDIN

/** To be asked before the work. @throws CliFailure */
export async function checkOutput(file: string, force: boolean | undefined): Promise<void> {
  if (file === STDOUT) {
    if (process.stdout.isTTY)
      throw usageFailure('a flash archive is not for a terminal, expected > FILE, a pipe or a name')
    return
  }
  if (force || !(await stat(file).catch(() => undefined))) return
  throw refused('FileExists', `${file} is there already, expected a new name`, {
    advice: 'choose another, or replace it with --force',
  })
}

/** Returns the bytes. */
export async function writeOutput(
  file: string,
  force: boolean | undefined,
  chunks: AsyncIterable<Uint8Array>,
  progress: Progress,
): Promise<number> {
  let bytes = 0
  const pass = async (write: (chunk: Uint8Array) => Promise<unknown>) => {
    for await (const chunk of chunks) {
      await write(chunk)
      progress.to((bytes += chunk.byteLength))
    }
  }
  await (file === STDOUT ? pass(print) : intoFile(file, force ?? false, pass))
  return bytes
}

/** On stderr: stdout may be the archive. */
export function tellWritten(
  file: string,
  bytes: number,
  json: boolean | undefined,
  facts: Record<string, unknown> = {},
): void {
  const said = file === STDOUT ? 'stdout' : file
  process.stderr.write(
    json ? `${JSON.stringify({ file: said, bytes, ...facts })}\n` : `${said}: ${renderBytes(bytes)}\n`,
  )
}

/** An archive's preamble, and its payload behind it. */
export async function* joined(
  preamble: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield preamble
  yield* payload
}
