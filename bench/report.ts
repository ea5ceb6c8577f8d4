// The tables that a measurement prints: both sides, and ours as a ratio to the other.
const mebi = 1024 * 1024

/** Aligned columns under a heading. */
export function printTable(heading: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  console.log(`\n${heading}`)
  for (const row of rows)
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
    )
}

export const seconds = (value: number): string => `${value.toFixed(2)} s`
export const megabytes = (value: number): string => `${Math.round(value / mebi)} MiB`
export const ratio = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)}x`
