/** Output of compress(1) in which every code is the table's next entry: `codes` of them become codes * (codes + 1) / 2 bytes. */
export function lzwBomb(codes: number, byte = 97): Buffer {
  const output: number[] = [0x1f, 0x9d, 0x90]
  let [held, count, bits, inGroup] = [0, 0, 9, 0]
  const put = (code: number) => {
    held |= code << count
    for (count += bits; count >= 8; count -= 8, held >>>= 8) output.push(held & 0xff)
    inGroup = (inGroup + 1) % 8
  }
  put(byte)
  for (let code = 257; code < 256 + codes; code++) {
    put(code)
    if (code + 1 < 1 << bits || bits === 16) continue
    while (inGroup !== 0) put(0)
    bits += 1
  }
  if (count > 0) output.push(held & 0xff)
  return Buffer.from(output)
}

/** Codes until the table is full. */
export const LZW_TABLE = 65_536 - 256
