// A part of a real tree, the same on each run on one machine: large trees take minutes, and say no more than a part of them.
import { mkdir } from 'node:fs/promises'
import { shellQuote } from '#core/shell-quote.ts'
import { timeCommand } from './timed-command.ts'

export interface Sample {
  /** at most so many bytes of files */
  bytes: number
  /** at most so many names */
  entries?: number
}

/** Copies what comes first of `tree` by name, with owners, modes, times and hard links. */
export async function sampleTree(
  tree: string,
  { bytes, entries = 1_000_000 }: Sample,
  destination: string,
): Promise<void> {
  await mkdir(destination, { recursive: true })
  const list = `find . -xdev ! -name '*\\n*' \\( -type f -o -type d -o -type l \\) -printf '%P\\t%s\\t%y\\n' | LC_ALL=C sort`
  const first = `awk -F'\\t' '$1 != "" { if ($3 == "f") sum += $2; n += 1; if (sum > ${bytes} || n > ${entries}) exit; print $1 }'`
  const [from, to] = [shellQuote(tree), shellQuote(destination)]
  await timeCommand(
    `cd ${from} && { ${list} || :; } | ${first} | tar --no-recursion --verbatim-files-from -T - -cf - | tar -C ${to} -xpf -`,
  )
}
