// compress(1), which makes what every Solaris can undo: by its program, where there is one.
import { ProvisionError } from '#core/errors.ts'
import { FilterFailed, runFilter } from '../archive/run-filter.ts'

/** Also what does not become smaller. @throws ProgramMissing, CompressFailed */
export async function* compress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* runFilter(['compress', '-f', '-c'], source)
  } catch (error) {
    if (error instanceof FilterFailed)
      throw new ProvisionError('unavailable', 'CompressFailed', error.message, { cause: error })
    if (!(error instanceof ProvisionError) || error.code !== 'ProgramMissing') throw error
    throw new ProvisionError(
      'unavailable',
      'ProgramMissing',
      'compress is not installed here, expected the program of that name (Debian: ncompress), or an archive without -c and scripts',
      { cause: error },
    )
  }
}
