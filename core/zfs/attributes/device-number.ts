// Device numbers: three encodings, by who wrote them (zfs-stream.md 10).

/**
 * `major,minor`. A number with an upper half is that of Solaris, illumos or FreeBSD; of those without, 16 bits are the traditional ones (zfs-fuse) and more
 * are those of Linux.
 */
export function deviceNumbers(raw: bigint): string {
  const minorBits = raw >> 32n !== 0n ? 32n : raw >> 16n === 0n ? 8n : 20n
  return `${raw >> minorBits},${raw & ((1n << minorBits) - 1n)}`
}
