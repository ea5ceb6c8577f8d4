// Serving one artifact to 1, 8 and 64 readers, beside nginx with sendfile: throughput and server CPU for each GB.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cpuSeconds, peakMemory, processTree } from './process-usage.ts'
import { megabytes, printTable, ratio } from './report.ts'

const gigabyte = 1e9
const readers = [1, 8, 64]

interface Load {
  /** GB a second over all readers */
  throughput: number
  /** CPU seconds of the server for each GB */
  cpu: number
}

/** `url` is the artifact on our server, whose process is `pid`; `file` holds the same bytes for nginx. */
export async function measureServing(
  url: string,
  pid: number,
  file: string,
  size: number,
  folder: string,
): Promise<void> {
  const nginx = await startNginx(file, folder)
  try {
    const rows = [['readers', 'zoneflash', 'nginx', 'throughput', 'CPU/GB', 'nginx CPU/GB', 'CPU ratio']]
    for (const count of readers) {
      const rounds = Math.max(1, Math.round(24 / count))
      const theirs = await load(nginx.url, nginx.pids(), count, rounds, size)
      const ours = await load(url, [pid], count, rounds, size)
      rows.push([
        String(count),
        `${ours.throughput.toFixed(2)} GB/s`,
        `${theirs.throughput.toFixed(2)} GB/s`,
        ratio(ours.throughput, theirs.throughput),
        `${ours.cpu.toFixed(2)} s`,
        `${theirs.cpu.toFixed(2)} s`,
        ratio(ours.cpu, theirs.cpu),
      ])
    }
    printTable(
      `serving ${megabytes(size)}: N times "curl -o /dev/null URL" at once; nginx with sendfile, 2 workers`,
      rows,
    )
    console.log(`  server's memory peak: ${megabytes(peakMemory(pid))}`)
  } finally {
    nginx.process.kill('SIGQUIT')
    await once(nginx.process, 'exit')
  }
}

/** Every reader fetches the file `rounds` times, one after the other on one connection. */
async function load(url: string, pids: number[], count: number, rounds: number, size: number): Promise<Load> {
  const before = cpuSeconds(pids)
  const begun = performance.now()
  await Promise.all(Array.from({ length: count }, () => curl(url, rounds)))
  const elapsed = (performance.now() - begun) / 1000
  const volume = (size * count * rounds) / gigabyte
  return { throughput: volume / elapsed, cpu: (cpuSeconds(pids) - before) / volume }
}

async function curl(url: string, rounds: number): Promise<void> {
  const targets = Array.from({ length: rounds }, () => ['-o', '/dev/null', url]).flat()
  const child = spawn('curl', ['-fsS', ...targets], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) throw new Error(`curl ${url}: exit ${status}`)
}

async function startNginx(
  file: string,
  folder: string,
): Promise<{ url: string; process: ChildProcess; pids(): number[] }> {
  const directory = path.join(folder, 'nginx')
  await mkdir(directory, { recursive: true })
  const port = 20_000 + (process.pid % 20_000)
  await writeFile(
    path.join(directory, 'nginx.conf'),
    `user root; worker_processes 2; daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 512; }
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server { listen 127.0.0.1:${port}; location = /artifact { alias ${file}; } }
}
`,
  )
  const child = spawn('nginx', ['-p', directory, '-c', path.join(directory, 'nginx.conf')], {
    stdio: 'inherit',
  })
  const url = `http://127.0.0.1:${port}/artifact`
  await untilAnswers(url)
  return { url, process: child, pids: () => (child.pid === undefined ? [] : processTree(child.pid)) }
}

/** @throws when nothing answers within ten seconds. */
export async function untilAnswers(url: string, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      const response = await fetch(url, { method: 'HEAD' })
      if (response.ok) return
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    if (performance.now() > deadline) throw new Error(`${url} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
