/** Undoes decodeName where the bytes are not at hand: cpio members carry only how many there were. */

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
