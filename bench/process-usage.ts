// CPU seconds and peak memory of processes that this measurement started, read from /proc.
import { readFileSync, readdirSync } from 'node:fs'

/** Ticks a second of /proc's times; 100 on every Linux that matters (getconf CLK_TCK). */
const TICKS = 100

/** A process and all its descendants that are alive now. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue
    const stat = readStat(Number(name))
    if (stat) children.set(stat.parent, [...(children.get(stat.parent) ?? []), Number(name)])
  }
  const tree = [pid]
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** User and system CPU seconds used so far by the processes themselves. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (readStat(pid)?.cpuTicks ?? 0), 0) / TICKS
}

/** The highest resident size that one process has had, in bytes; 0 when it is gone. */
export function peakMemory(pid: number): number {
  const status = readProc(pid, 'status') ?? ''
  return Number(/^VmHWM:\s+([0-9]+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

function readStat(pid: number): { parent: number; cpuTicks: number } | undefined {
  // The command name may hold blanks and parentheses, so fields are counted from the last ")" (proc(5)).
  const fields = readProc(pid, 'stat')?.split(') ').at(-1)?.split(' ')
  if (!fields) return undefined
  const field = (number: number) => Number(fields[number - 3])
  return { parent: field(4), cpuTicks: field(14) + field(15) }
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
