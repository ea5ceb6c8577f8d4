// What the feature bits of BEGIN mean, and which of them leave nothing that can be read (zfs-stream.md 1.1, 15).
import type { BeginInfo } from './records.ts'

/** A stream without contents that anybody but its pool can read. */
export interface Unreadable {
  /** what the stream is or has, for "the stream is …" */
  feature: string
  /** for "expected …" */
  advice: string
}

/** Names for people and for the manifest, by bit. */
const names: Readonly<Record<number, string>> = {
  0: 'dedup',
  1: 'dedup properties',
  2: 'system attributes',
  16: 'embedded data',
  17: 'lz4',
  19: 'large blocks',
  20: 'resumed',
  21: 'redacted',
  22: 'compressed',
  23: 'large dnodes',
  24: 'raw',
  25: 'zstd',
  26: 'holds',
  27: 'switch to large blocks',
  28: 'long names',
  29: 'large micro ZAPs',
}
const FEATURE_BITS = 56
/** reserved for closed implementations; Oracle Solaris uses some */
const PRIVATE_BITS = { first: 3, last: 15 }

const withoutContents: readonly [name: string, advice: string][] = [
  ['raw', 'a send without -w: a raw stream is encrypted, only its pool has the key'],
  ['redacted', 'a send of the whole snapshot, without --redact'],
  ['resumed', 'the whole stream: an interrupted send that went on (-t) starts in the middle'],
]

/** Each feature by name, in the order of bits; `bit 30` for one that has none. */
export function featureNames(features: bigint): string[] {
  return bitsOf(features).map(nameOf)
}

/** Why nobody could read the contents, and what to send instead; undefined for a stream that can be read. */
export function unreadable(begin: Pick<BeginInfo, 'features' | 'objsetType'>): Unreadable | undefined {
  const bits = bitsOf(begin.features)
  const present = bits.map(nameOf)
  const lacking = withoutContents.find(([name]) => present.includes(name))
  if (lacking !== undefined) return { feature: lacking[0], advice: lacking[1] }
  const unknown = bits.filter((bit) => names[bit] === undefined)
  if (unknown.some(isPrivate)) {
    return {
      feature: `private to Oracle Solaris (feature ${unknown.filter(isPrivate).map(nameOf).join(', ')})`,
      advice: 'a send of a file system made with "zfs create -o version=4", or an archive',
    }
  }
  if (unknown.length > 0) {
    return {
      feature: `newer than this program (feature ${unknown.map(nameOf).join(', ')})`,
      advice: 'a send without options for new features, or an archive',
    }
  }
  if (begin.objsetType === 3) {
    return { feature: 'of a volume', advice: 'a send of the file system that holds the zone' }
  }
  if (begin.objsetType !== 2) {
    return { feature: `of object set type ${begin.objsetType}`, advice: '2, a file system' }
  }
  return undefined
}

function bitsOf(features: bigint): number[] {
  return Array.from({ length: FEATURE_BITS }, (_, bit) => bit).filter((bit) => (features >> BigInt(bit)) & 1n)
}

function isPrivate(bit: number): boolean {
  return bit >= PRIVATE_BITS.first && bit <= PRIVATE_BITS.last
}

function nameOf(bit: number): string {
  return names[bit] ?? `bit ${bit}`
}
