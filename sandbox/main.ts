// The `sandbox` command: makes, lists and destroys zones hosts on this Linux machine. `enter` is in bin/sandbox.
import { accessSync, constants } from 'node:fs'
import { parseArgs } from 'node:util'
import { ProvisionError } from '#core/errors.ts'
import { OsRelease } from '#core/host.ts'
import { createHost } from './host/create-host.ts'
import { describeHost, destroyHost, listHosts, sweepDeadHosts } from './host/host-state.ts'

const usage = `usage: sandbox create HOST [--release illumos|s10u3...s10u11] [--nic NAME] [--lifeline-pid PID]
                           [--pool NAME] [--pool-size 8G] [--no-zfs]
       sandbox enter HOST [--] [command [argument ...]]
       sandbox address HOST [--json | --host-side | --root-side]
       sandbox list [--json]
       sandbox destroy HOST
`

class UsageError extends Error {}

function needRoot(): void {
  if (process.getuid?.() !== 0) {
    throw new ProvisionError(
      'forbidden',
      'NeedsRoot',
      'namespaces and ZFS need root; without it no host can be made',
    )
  }
}

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function oneHost(positionals: string[]): string {
  const [name, ...rest] = positionals
  if (name === undefined || rest.length > 0) throw new UsageError()
  return name
}

async function create(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      release: { type: 'string', default: 'illumos' },
      nic: { type: 'string' },
      'lifeline-pid': { type: 'string' },
      pool: { type: 'string' },
      'pool-size': { type: 'string', default: '8G' },
      'no-zfs': { type: 'boolean', default: false },
    },
  })
  const name = oneHost(positionals)
  needRoot()
  sweepDeadHosts()
  const release = OsRelease.safeParse(values.release)
  if (!release.success)
    throw new UsageError(`${values.release}: expected a release: illumos, s10u3 ... s10u11`)
  if (!values['no-zfs'] && !hasProgram('zfs-fuse')) {
    throw new ProvisionError(
      'unavailable',
      'NoZfs',
      'zfs-fuse: not found; install the package zfs-fuse, or say --no-zfs for zones in plain directories',
    )
  }
  await createHost(name, {
    release: release.data,
    nic: values.nic ?? (release.data === 'illumos' ? 'net0' : 'bge0'),
    ...(!values['no-zfs'] && {
      pool: { name: values.pool ?? name.replaceAll('-', '_'), size: values['pool-size'] },
    }),
    ...(values['lifeline-pid'] !== undefined && { lifelinePid: Number(values['lifeline-pid']) }),
  })
}

function list(args: string[]): void {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  if (process.getuid?.() === 0) sweepDeadHosts()
  const running = listHosts().flatMap(({ description }) => (description ? [description] : []))
  if (values.json) console.log(JSON.stringify(running))
  else
    for (const host of running)
      console.log(`${host.name} running ${host.release} ${host.address} ${host.pool ?? '-'}`)
}

function address(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      'host-side': { type: 'boolean', default: false },
      'root-side': { type: 'boolean', default: false },
    },
  })
  const { address: host, rootAddress: root } = describeHost(oneHost(positionals))
  if (values['root-side'] || values['host-side']) console.log(values['root-side'] ? root : host)
  else console.log(values.json ? JSON.stringify({ host, root }) : `${host}\t${root}`)
}

function destroy(args: string[]): void {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const name = oneHost(positionals)
  needRoot()
  destroyHost(name)
}

const [command, ...args] = process.argv.slice(2)
try {
  if (command === 'create') await create(args)
  else if (command === 'list') list(args)
  else if (command === 'address') address(args)
  else if (command === 'destroy') destroy(args)
  else if (command === '--help' || command === 'help') process.stdout.write(usage)
  else throw new UsageError()
} catch (error) {
  const isUsage =
    error instanceof UsageError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  if (isUsage)
    process.stderr.write(`${(error as Error).message && `sandbox: ${(error as Error).message}\n`}${usage}`)
  else if (error instanceof ProvisionError) console.error(`sandbox: ${error.message}`)
  else throw error
  process.exitCode = isUsage ? 2 : 1
}
