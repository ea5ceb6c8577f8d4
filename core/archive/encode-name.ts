// Undoes decodeName where the bytes are not at hand: cpio members carry only how many there were.
import { decodeName } from './member.ts'

const ESCAPED = /\\x([89A-F][0-9A-F])/g

/** The bytes that `decodeName` showed as `name`; `length` tells a name that really contains `\xE9` from an escaped one. */
export function encodeName(name: string, length: number): Buffer {
  const plain = Buffer.from(name)
  if (plain.byteLength === length) return plain
  return Buffer.from(
    name.replace(ESCAPED, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  )
}

/** Whether a name as it is shown has a byte that is no text, or the characters that stand for one: its bytes are not known then. */
export function showsByte(name: string): boolean {
  return name.search(ESCAPED) >= 0
}

/**
 * A path with each of its names shown by itself, as the index of a stream has it: that of an archive shows all bytes above 127
 * of a path in which one name is not UTF-8. For comparing only, since a name may really have the characters of an escape.
 */
export function nameByName(path: string): string {
  if (!showsByte(path)) return path
  return path
    .split('/')
    .map((name) => (showsByte(name) ? decodeName(encodeName(name, -1)) : name))
    .join('/')
}
