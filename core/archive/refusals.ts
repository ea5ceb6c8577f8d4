// The reasons for which an artifact is refused. Codes are part of the API.
import { ProvisionError } from '../errors.ts'

/** Every code with which taking in an artifact can refuse what it is given. */
export type RefusalCode =
  | 'UnknownFormat'
  | 'UnknownLayout'
  | 'RootNoDirectory'
  | 'DetachedXmlRefused'
  | 'TruncatedStream'
  | 'CorruptStream'
  | 'UnsupportedEntry'
  | 'SparseEntry'
  | 'AbsoluteName'
  | 'ParentReference'
  | 'InvalidName'
  | 'NameTooLong'
  | 'TooDeep'
  | 'LinkOutside'
  | 'HardLinkTarget'
  | 'ThroughSymlink'
  | 'DeviceRefused'
  | 'DuplicateEntry'
  | 'TooManyEntries'
  | 'TooManyBytes'
  | 'UnsupportedZfsStream'
  | 'FlarInvalid'

/** An artifact that is refused, with where in the stream and what was expected in the message. */
export function refusal(
  code: RefusalCode,
  message: string,
  options?: { details?: Record<string, unknown>; cause?: unknown },
): ProvisionError {
  const kind = code === 'TooManyEntries' || code === 'TooManyBytes' ? 'too-large' : 'invalid'
  return new ProvisionError(kind, code, message, options)
}
