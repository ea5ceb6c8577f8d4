// Options that may come several times.

/** For commander: the values in the order in which they come. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value]
}
