/** The reasons for which an artifact is refused. Codes are part of the API. */
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

/** A path or value for a message: quoted, without control characters, and cut when absurdly long. */
export function shown(text: string): string {
  const quoted = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
  // those that JSON may have as they are
  return quoted.replace(/[\u007f-\u009f]/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)
}
