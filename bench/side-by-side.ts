// Ours beside another program's command line: best of several rounds each, taken in turns, so that a busy moment hits both.
import { megabytes, printTable, ratio, seconds } from './report.ts'
import { timeCommand, type Measurement } from './timed-command.ts'

export interface Side {
  name: string
  command: string
  /** run before each round, not measured */
  prepare?: string
}

/** Measures every side, tells of each on stderr, and prints times, CPU, memory peaks and the ratio of the first side to each other. */
export async function compare(
  heading: string,
  sides: readonly [Side, ...Side[]],
  rounds: number,
): Promise<void> {
  const best = new Map<Side, Measurement>()
  console.error(`\n${heading}`)
  for (let round = 0; round < rounds; round++)
    for (const side of sides) {
      if (side.prepare !== undefined) await timeCommand(side.prepare)
      const taken = await timeCommand(side.command)
      console.error(`  round ${round + 1} of ${rounds}: ${side.name} ${seconds(taken.seconds)}`)
      const before = best.get(side)
      if (!before || taken.seconds < before.seconds) best.set(side, taken)
    }
  const ours = best.get(sides[0])
  if (!ours) throw new Error('nothing was measured')
  printTable(`${heading} (best of ${rounds})`, [
    ['', 'wall', 'CPU', 'memory peak', 'ours/this'],
    ...[...best].map(([side, { seconds: wall, cpu, memory }]) => [
      side.name,
      seconds(wall),
      seconds(cpu),
      megabytes(memory),
      ratio(ours.seconds, wall),
    ]),
  ])
  for (const [side] of best) console.log(`  ${side.name}: ${side.command}`)
}
