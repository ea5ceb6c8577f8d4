// Prints a comparison: sections with their headings for people, the lines as they are for programs.
import type { DiffLine } from '#core/diff/line.ts'
import { renderDiff, renderTotals, sectionHeading, type RenderedLine } from './diff-lines.ts'
import { refused } from './failures.ts'
import { print, printLine } from './output.ts'

export interface DiffOptions {
  json?: boolean
  /** only how much it is */
  summary?: boolean
  /** every file below an added or removed directory */
  all?: boolean
}

/** A comparison ends with its totals: without them whoever made it broke off. @throws CliFailure */
export async function printDiff(
  lines: AsyncIterable<{ line: DiffLine; json: string }>,
  options: DiffOptions,
): Promise<void> {
  let isWhole = false
  let section: string | undefined
  const show = async ({ heading, text }: RenderedLine) => {
    if (heading !== undefined && heading !== section) await print(sectionHeading((section = heading)))
    await print(text)
  }
  for await (const line of renderDiff(lines, { all: options.all ?? false })) {
    isWhole ||= line.of.kind === 'total'
    if (options.summary && line.heading !== undefined) continue
    if (options.json) await (line.json === undefined ? undefined : printLine(line.json))
    else if (line.of.kind === 'total') await print(renderTotals(line.of))
    else await show(line)
  }
  if (!isWhole)
    throw refused('DiffIncomplete', 'the comparison broke off before its end', {
      advice: 'try again; the server’s log says why it ended',
    })
}
