// One shell command line with its wall time, CPU time and memory peak; both sides of a measurement run through it.
import { spawn } from 'node:child_process'
import { cpuSeconds, peakMemory, processTree } from './process-usage.ts'

export interface Measurement {
  command: string
  /** wall-clock seconds */
  seconds: number
  /** CPU seconds, sampled every 20 ms: the last moments of a process may be missed */
  cpu: number
  /** the highest resident size of any one process, in bytes */
  memory: number
  stdout: string
}

/** Runs `command` under sh. @throws when it exits other than 0. */
export async function timeCommand(
  command: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Measurement> {
  const begun = performance.now()
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], env })
  const seen = new Map<number, number>()
  let memory = 0
  const sample = () => {
    for (const pid of child.pid === undefined ? [] : processTree(child.pid)) {
      seen.set(pid, Math.max(seen.get(pid) ?? 0, cpuSeconds([pid])))
      memory = Math.max(memory, peakMemory(pid))
    }
  }
  const sampler = setInterval(sample, 20)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearInterval(sampler)
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stderr}`)
  const cpu = [...seen.values()].reduce((sum, seconds) => sum + seconds, 0)
  return { command, seconds: (performance.now() - begun) / 1000, cpu, memory, stdout }
}
