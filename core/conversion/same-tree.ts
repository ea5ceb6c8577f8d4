// Whether a conversion holds the tree that it was made of.
import { showsByte } from '../archive/encode-name.ts'
import { orderKey } from '../diff/path-order.ts'
import { differencesOf } from '../diff/compare-files.ts'
import { ProvisionError } from '../errors.ts'
import type { TreeLine } from './tree-lines.ts'

/**
 * Both sides are sorted by orderKey; of equal paths the last counts, which is what unpacking leaves. Where a path may be shown
 * for two names each counts: the side that has fewer has lost one.
 * @throws ConversionDiffers with the first path that is not the same
 */
export async function assertSameTree(
  source: AsyncIterable<TreeLine>,
  made: AsyncIterable<TreeLine>,
): Promise<void> {
  const [left, right] = [lastOfEach(source), lastOfEach(made)]
  try {
    for (;;) {
      const [a, b] = [await left.next(), await right.next()]
      const before = a.done === true ? undefined : a.value
      const after = b.done === true ? undefined : b.value
      if (before === undefined && after === undefined) return
      const differs = whatDiffers(before, after)
      if (differs !== undefined) throw conversionDiffers(differs)
    }
  } finally {
    await left.return(undefined)
    await right.return(undefined)
  }
}

function whatDiffers(before: TreeLine | undefined, after: TreeLine | undefined): string | undefined {
  if (after === undefined || (before && orderKey(before.path) < orderKey(after.path)))
    return `it lacks ${JSON.stringify(before?.path)}`
  if (before === undefined || before.path !== after.path)
    return `it has ${JSON.stringify(after.path)}, which the source has not`
  const what: string[] = differencesOf(before, after)
  if (JSON.stringify(before.names) !== JSON.stringify(after.names)) what.push('hard links')
  return what.length > 0 ? `${JSON.stringify(before.path)} differs in ${what.join(', ')}` : undefined
}

async function* lastOfEach(lines: AsyncIterable<TreeLine>): AsyncGenerator<TreeLine> {
  let last: TreeLine | undefined
  for await (const line of lines) {
    if (last !== undefined && (last.path !== line.path || showsByte(line.path))) yield last
    last = line
  }
  if (last !== undefined) yield last
}

function conversionDiffers(how: string): ProvisionError {
  return new ProvisionError(
    'conflict',
    'ConversionDiffers',
    `what was converted is not the tree that it was made of: ${how}; it is not published`,
  )
}
