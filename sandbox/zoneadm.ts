// The zoneadm command of a sandbox host.
import { ProvisionError } from '#core/errors.ts'
import { attach, isDryAttach } from './zoneadm/attach.ts'
import { boot, halt, ready, reboot, shutdown } from './zoneadm/boot.ts'
import { clone } from './zoneadm/clone.ts'
import { detach, isDryDetach } from './zoneadm/detach.ts'
import { complain, FailedPlainly, Refused, RefusedWhole, WrongUsage } from './zoneadm/failure.ts'
import { install } from './zoneadm/install.ts'
import { list } from './zoneadm/list.ts'
import { mark, verify } from './zoneadm/mark.ts'
import { move } from './zoneadm/move.ts'
import { isSolaris10 } from './zoneadm/release.ts'
import { checkSanity } from './zoneadm/sanity.ts'
import { uninstall } from './zoneadm/uninstall.ts'
import { openZonesHost, type ZonesHost } from './zoneadm/zones-host.ts'

type Command = (host: ZonesHost, name: string, args: readonly string[]) => void | Promise<void>

/** In the order of the usage text. */
const commands: Record<string, Command> = {
  boot,
  halt,
  ready,
  shutdown,
  reboot,
  verify,
  install,
  uninstall,
  clone,
  move,
  detach,
  attach,
  mark,
}

/** Commands that only look: no privilege, no lock, any state. */
function isDryRun(command: string, args: readonly string[]): boolean {
  return (command === 'detach' && isDryDetach(args)) || (command === 'attach' && isDryAttach(args))
}

async function run(
  host: ZonesHost,
  name: string | undefined,
  command: string,
  args: readonly string[],
): Promise<void> {
  if (command === 'list') {
    list(host, name, args)
    return
  }
  const action = commands[command]
  if (!action || (command === 'shutdown' && isSolaris10(host.release))) throw new WrongUsage(usage)
  if (name === undefined) throw new Refused('no zone specified')
  if (isDryRun(command, args)) {
    if (command === 'detach' && !host.store.findEntry(name))
      throw new RefusedWhole(`${name}: No such zone configured`)
    await action(host, name, args)
    return
  }
  checkSanity(host, command, name)
  await host.store.withLock(name, () => action(host, name, args))
}

const usage = `[-z zonename] [-u uuid-match] list | ${Object.keys(commands).join(' | ')}`

async function main(): Promise<number> {
  const args = process.argv.slice(2)
  const host = openZonesHost()
  let name: string | undefined
  for (let option = args[0]; option === '-z' || option === '-u'; option = args[0]) {
    const value = args[1]
    args.splice(0, 2)
    name = option === '-z' ? value : host.store.listIndex().find((entry) => entry.uuid === value)?.name
  }
  const [command, ...rest] = args
  const zone = name === undefined ? '' : `zone '${name}': `
  try {
    if (command === undefined || command.startsWith('-')) throw new WrongUsage(usage)
    await run(host, name, command, rest)
    return 0
  } catch (error) {
    if (error instanceof WrongUsage) {
      complain(
        `usage:\tzoneadm ${name === undefined || error.message === usage ? '' : `-z ${name} `}${error.message}`,
      )
      return 2
    }
    if (error instanceof RefusedWhole) complain(`zoneadm: ${error.message}`)
    else if (error instanceof Refused) complain(`zoneadm: ${zone}${error.message}`)
    else if (error instanceof ProvisionError) complain(`zoneadm: ${error.message}`)
    else if (!(error instanceof FailedPlainly)) complain(`zoneadm: ${zone}${(error as Error).message}`)
    return 1
  }
}

process.exitCode = await main()
