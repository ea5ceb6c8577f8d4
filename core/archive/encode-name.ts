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

/** The bytes of a name of which no more is known: one that shows an escape is taken for a name with that byte. */
export function encodeShown(name: string): Buffer {
  return name.search(ESCAPED) < 0 ? Buffer.from(name) : encodeName(name, -1)
}
