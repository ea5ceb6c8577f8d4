// Where in a stream the numbers and names stand that its reader relies on, and what to put there.
import { RecordType } from '#core/zfs/record.ts'

/** Fields of headers by record type: offset and bytes (zfs-stream.md 1). */
export const fields: Readonly<Record<number, readonly (readonly [offset: number, bytes: 1 | 4 | 8])[]>> = {
  [RecordType.begin]: [
    [4, 4],
    [8, 8],
    [16, 8],
    [24, 8],
    [32, 4],
    [36, 4],
    [40, 8],
    [48, 8],
  ],
  [RecordType.object]: [
    [8, 8],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 4],
    [33, 1],
    [34, 1],
    [35, 1],
    [36, 4],
  ],
  [RecordType.freeObjects]: [
    [8, 8],
    [16, 8],
  ],
  [RecordType.write]: [
    [8, 8],
    [16, 4],
    [24, 8],
    [32, 8],
    [50, 1],
    [96, 8],
  ],
  [RecordType.free]: [
    [8, 8],
    [16, 8],
    [24, 8],
  ],
  [RecordType.end]: [[40, 8]],
  [RecordType.writeByRef]: [
    [8, 8],
    [16, 8],
    [24, 8],
    [40, 8],
    [48, 8],
    [56, 8],
  ],
  [RecordType.spill]: [
    [8, 8],
    [16, 8],
    [32, 1],
    [33, 1],
    [40, 8],
  ],
  [RecordType.writeEmbedded]: [
    [8, 8],
    [16, 8],
    [24, 8],
    [40, 1],
    [41, 1],
    [48, 4],
    [52, 4],
  ],
}

/** Where numbers that matter stand in ZAP blocks, in their leaves, and in bonuses (zfs-stream.md 6, 7 and 8). */
export const structure: readonly (readonly [offset: number, bytes: 1 | 2 | 4 | 8])[] = [
  [0, 8],
  [8, 8],
  [16, 8],
  [24, 8],
  [32, 8],
  [40, 8],
  [48, 8],
  [56, 8],
  [64, 8],
  [72, 8],
  [80, 8],
  [88, 8],
  [96, 8],
  [24, 4],
  [28, 2],
  [30, 2],
  [32, 2],
  [34, 2],
  [48, 2],
  [50, 2],
  [0, 4],
  [4, 2],
  [6, 2],
  [8, 2],
  [104, 8],
  [112, 8],
  [120, 8],
  [128, 8],
  [184, 4],
  [188, 2],
  [190, 2],
  [264, 8],
]
/** Chunks of 24 bytes begin here in a leaf of 16 KiB; their numbers stand at these places (zfs-stream.md 6.3). */
export const FIRST_CHUNK = 1072
export const CHUNK = 24
export const inChunk: readonly [readonly [number, 1 | 2 | 4], ...(readonly [number, 1 | 2 | 4])[]] = [
  [0, 1],
  [1, 1],
  [2, 2],
  [4, 2],
  [6, 2],
  [8, 2],
  [10, 2],
  [12, 4],
  [22, 2],
]

export const extremes: readonly [bigint, ...bigint[]] = [
  0n,
  1n,
  2n,
  7n,
  8n,
  255n,
  256n,
  511n,
  512n,
  1024n,
  4095n,
  65_535n,
  131_072n,
  131_584n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 48n - 1n,
  2n ** 48n,
  2n ** 52n,
  2n ** 53n - 512n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 512n,
  2n ** 64n - 1n,
]

/** Directories in one block (zfs-stream.md 6.1). */
export const MICRO_ZAP = 0x8000_0000_0000_0003n
export const MICRO_ENTRY = 64
export const NAME = 14
export const NAME_BYTES = 50
export const oddNames = [
  '.',
  '..',
  '/',
  'a/b',
  '../../etc/passwd',
  '',
  'x\0y',
  '\xff\xfe',
  '\n',
  'root',
  'etc',
] as const
