// Sandbox hosts for system tests: each lives as long as the test process at most, also when that is killed.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'

const sandbox = path.resolve(import.meta.dirname, '../../sandbox')
export const sandboxCommand = path.join(sandbox, 'bin/sandbox')

/** Why no sandbox host can be made here; undefined when one can. */
export const sandboxLack: string | undefined =
  process.getuid?.() !== 0
    ? 'needs root for namespaces and ZFS'
    : ['/usr/sbin/zfs-fuse', '/sbin/zfs-fuse'].some((file) => existsSync(file))
      ? undefined
      : 'needs zfs-fuse'

if (sandboxLack !== undefined) console.warn(`sandbox tests are skipped: ${sandboxLack}`)

export interface Outcome {
  status: number
  stdout: string
  stderr: string
}

export interface TestHost {
  name: string
  directory: string
  /** runs a command inside; never throws */
  run: (argv: readonly string[], input?: string) => Promise<Outcome>
  /** runs a command that has to succeed, returns its output */
  must: (argv: readonly string[], input?: string) => Promise<string>
  destroy: () => Promise<void>
}

export function runSandbox(directory: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      sandboxCommand,
      args,
      { env: { ...process.env, SANDBOX_DIR: directory }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code ?? 128) : 0, stdout, stderr })
      },
    )
    // a command that does not read its input closes the pipe
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** Makes a host in a directory of its own. */
export async function createTestHost(name: string, options: readonly string[] = []): Promise<TestHost> {
  const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-sandbox-'))
  const created = await runSandbox(directory, [
    'create',
    name,
    '--lifeline-pid',
    String(process.pid),
    '--pool-size',
    '2G',
    ...options,
  ])
  if (created.status !== 0) throw new Error(`sandbox create ${name}: ${created.stderr}`)
  const run = (argv: readonly string[], input?: string) =>
    runSandbox(directory, ['enter', name, '--', ...argv], input)
  return {
    name,
    directory,
    run,
    must: async (argv, input) => {
      const { status, stdout, stderr } = await run(argv, input)
      if (status !== 0) throw new Error(`${argv.join(' ')}: exit ${status}: ${stderr}${stdout}`)
      return stdout
    },
    destroy: async () => {
      await runSandbox(directory, ['destroy', name])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The lx image that the demo uses too; built when the cache has none. */
export function lxImage(): string {
  const cache =
    process.env['ZONEFLASH_CACHE'] ??
    path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'zoneflash')
  const image = path.join(cache, 'debian-12-lx.tar.gz')
  if (!existsSync(image)) {
    const built = spawnSync(path.join(sandbox, 'make-lx-image.sh'), [image], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
  }
  return image
}

/** Copies a file of this machine into a host. */
export function sendFile(host: TestHost, from: string, to: string): void {
  const sent = spawnSync(sandboxCommand, ['enter', host.name, '--', 'sh', '-c', 'cat >"$1"', 'send', to], {
    env: { ...process.env, SANDBOX_DIR: host.directory },
    stdio: [openSync(from, 'r'), 'inherit', 'inherit'],
  })
  if (sent.status !== 0) throw new Error(`${from} could not be copied to ${to}`)
}

/** Waits until a zone's services say that its boot is finished. */
export async function waitUntilUp(host: TestHost, zone: string, limitMs = 60_000): Promise<void> {
  const milestone = ['-H', '-o', 'state', 'milestone/multi-user-server']
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    const { stdout } = await host.run(['zlogin', zone, 'svcs', ...milestone])
    const { stdout: seenFromHost } = stdout ? { stdout } : await host.run(['svcs', '-z', zone, ...milestone])
    if (seenFromHost.trim() === 'online') return
  }
  throw new Error(
    `zone ${zone} did not come up:\n${await host.must(['cat', `/var/log/zones/${zone}.console`])}`,
  )
}
