// Failures of the file system in a word.
import { refused } from './failures.ts'

/** stdin as it is written on the command line. */
export const STDIN = '-'

export const shownFile = (file: string): string => (file === STDIN ? 'stdin' : file)

/** Throws what the system said as CannotRead, with the path that it named, else `file`; any other error as it is. */
export function cannotRead(file: string): (error: unknown) => never {
  return (error) => {
    if (!isOfSystem(error)) throw error
    throw refused('CannotRead', `${error.path ?? shownFile(file)} cannot be read: ${error.message}`, {
      cause: error,
    })
  }
}

/** The same as CannotWrite, or NoSpace for a full disk. */
export function cannotWrite(file: string): (error: unknown) => never {
  return (error) => {
    if (!isOfSystem(error)) throw error
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') throw noSpace(file, error)
    throw refused('CannotWrite', `${file} cannot be written: ${error.message}`, { cause: error })
  }
}

/** That no space is left for `file`. */
export function noSpace(file: string, cause?: unknown): Error {
  return refused('NoSpace', `no space left for ${file}`, {
    cause,
    advice: 'free space there, or choose another place',
  })
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}
