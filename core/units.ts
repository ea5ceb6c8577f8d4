// Numbers with units, for people.

/** `832 B`, `1.4 MiB` */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 'B'
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1024) break
    value /= 1024
    unit = larger
  }
  return unit === 'B' ? `${value} B` : `${value.toFixed(1)} ${unit}`
}
