// Changes flash archives: their lines, their sections, the numbers of their cpio and tar headers, their compressed bytes.
import { LzwDecoder } from '#core/archive/lzw.ts'
import type { Random } from './random.ts'

const LF = 0x0a

/** A flash archive in its parts. */
export interface FlarParts {
  /** lines in front of the payload, each with its LF */
  lines: Buffer[]
  payload: Buffer
}

export function splitFlar(bytes: Buffer): FlarParts {
  const mark = 'section_begin=archive\n'
  const end = bytes.indexOf(mark) + mark.length
  const lines: Buffer[] = []
  for (let at = 0; at < end;) {
    const stop = bytes.indexOf(LF, at) + 1
    lines.push(bytes.subarray(at, stop))
    at = stop
  }
  return { lines, payload: bytes.subarray(end) }
}

export const joinFlar = ({ lines, payload }: FlarParts): Buffer => Buffer.concat([...lines, payload])

const words = [
  'section_begin=archive',
  'section_begin=predeployment',
  'section_begin=X-../../etc',
  'section_end=identification',
  'files_archived_size=99999999999999999999',
  'files_archived_size=1',
  'files_compressed_method=compress',
  'files_archived_method=pax',
  'type=DIFFERENTIAL',
  'content_name=',
  'content_description',
  'checklist',
  '\\d/',
  '/etc/../..\tN',
  'begin 644 predeployment.cpio.Z',
  'FlAsH-aRcHiVe-2.0',
  '',
  '\r',
] as const

/** Takes lines away, doubles them, moves them, puts others in, makes one very long. */
export function changeLines(lines: readonly Buffer[], random: Random): Buffer[] {
  const changed = [...lines]
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(changed.length)
    const line = changed[at] ?? Buffer.alloc(0)
    const kind = random.below(7)
    if (kind === 0) changed.splice(at, 1)
    else if (kind === 1) changed.splice(at, 0, line)
    else if (kind === 2)
      changed.splice(random.below(changed.length), 0, ...changed.splice(at, 1 + random.below(4)))
    else if (kind === 3) changed.splice(at, 0, Buffer.from(`${random.pick(words)}\n`))
    else if (kind === 4) changed[at] = damaged(line, random)
    else if (kind === 5) changed.splice(at, 0, Buffer.alloc(random.below(300_000), 0x41), Buffer.from('\n'))
    else
      changed.splice(
        at,
        0,
        ...Array.from({ length: random.below(line.length > 1000 ? 10 : 3000) }, () => line),
      )
  }
  return changed
}

/** A few bytes are others. */
export function damaged(bytes: Uint8Array, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  for (let left = 1 + random.below(4); left > 0 && changed.length > 0; left--)
    changed[random.below(changed.length)] = random.below(256)
  return changed
}

const numbers = [
  '00000000',
  'FFFFFFFF',
  '7FFFFFFF',
  '00000001',
  '0000A1ED',
  '000061B0',
  '-0000001',
  '0x000010',
] as const
const names = [
  '../../etc/passwd',
  '/etc/passwd',
  'bin/passwd',
  'a/./b//c',
  'TRAILER!!!',
  '..',
  '.',
  'etc',
] as const

/** Headers that lie: numbers and names of cpio and tar are others, with a right checksum where tar has one. */
export function changeArchive(archive: Buffer, random: Random): Buffer {
  const changed = Buffer.from(archive)
  for (let left = 1 + random.below(3); left > 0; left--) {
    if (changed.toString('latin1', 0, 5) === '07070') changeCpio(changed, random)
    else changeTar(changed, random)
  }
  if (random.chance(6)) return changed.subarray(0, random.below(changed.length))
  return random.chance(8) ? Buffer.concat([changed, changed]) : changed
}

function changeCpio(archive: Buffer, random: Random): void {
  const at = archive.indexOf('07070', random.below(archive.length), 'latin1')
  if (at < 0) return
  const isOld = archive.toString('latin1', at, at + 6) === '070707'
  const nameAt = at + (isOld ? 76 : 110)
  if (random.chance(3)) archive.write(`${random.pick(names)}\0`, nameAt, 'latin1')
  else if (isOld)
    archive.write(random.pick(['777777', '000000', '120777', '060600']), at + 6 * random.below(12), 'latin1')
  else archive.write(random.pick(numbers), at + 6 + 8 * random.below(13), 'latin1')
}

function changeTar(archive: Buffer, random: Random): void {
  const at = 512 * random.below(archive.length / 512)
  const place = random.below(5)
  if (place === 0) archive.write(`${random.pick(names)}\0`, at, 'latin1')
  else if (place === 1)
    archive.write(random.pick(['77777777777', '00000001000', '-0000000001']), at + 124, 'latin1')
  else if (place === 2)
    archive.write(
      random.pick(['0', '1', '2', '3', '4', '5', '6', 'x', 'g', 'L', 'S', '~']),
      at + 156,
      'latin1',
    )
  else if (place === 3) archive.write(`${random.pick(names)}\0`, at + 157, 'latin1')
  else archive[at + random.below(512)] = random.below(256)
  archive.fill(' ', at + 148, at + 156)
  const sum = archive.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
  archive.write(`${sum.toString(8).padStart(6, '0')}\0`, at + 148, 'latin1')
}

/** What compress(1) would undo: every byte a code of its own, the table emptied before codes get wider. */
export function compressed(bytes: Uint8Array): Buffer {
  const output: number[] = [0x1f, 0x9d, 0x90]
  let held = 0
  let count = 0
  const put = (code: number) => {
    held |= code << count
    for (count += 9; count >= 8; count -= 8, held >>>= 8) output.push(held & 0xff)
  }
  let codes = 0
  for (const byte of bytes) {
    put(byte)
    codes += 1
    // 215 codes and CLEAR are whole groups of eight
    if (codes % 216 === 215) {
      put(256)
      codes += 1
    }
  }
  if (count > 0) output.push(held & 0xff)
  return Buffer.from(output)
}

/** Undoes it; for archives that are whole. */
export function uncompressed(bytes: Uint8Array): Buffer {
  const decoder = new LzwDecoder()
  return Buffer.concat([...decoder.push(bytes)])
}
