// What a compressed artifact costs whoever reads it.
import type { Compression } from './manifest.ts'

/** Seconds for a gigabyte differ from one to twenty. */
const cheapestFirst: readonly Compression[] = ['none', 'zstd', 'gzip', 'xz', 'bzip2']

/** Smaller is sooner; below 10. */
export function unpackingCost({ compression }: { compression: Compression }): number {
  return cheapestFirst.indexOf(compression)
}
