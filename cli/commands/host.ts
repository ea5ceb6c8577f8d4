// `zoneflash host …`: the machines that get zones, what will happen on them, and what did.
import type { Command } from 'commander'
import { addCommand, addNoun } from '../command.ts'
import { addHost, removeHost, setHost } from '../host/change-host.ts'
import { showEvents } from '../host/events.ts'
import { addHostOptions } from '../host/host-options.ts'
import { armHost, printPlan, printScript } from '../host/install-host.ts'
import { listHosts, showHost } from '../host/show-hosts.ts'
import { registerHostArchive } from './host-archive.ts'
import { registerHostBoot } from './host-boot.ts'

export function registerHost(program: Command): void {
  const noun = addNoun(program, 'host', 'machines that get zones: add, arm, plan, watch')

  addHostOptions(
    addCommand(
      noun,
      'add',
      'add a host',
      'zoneflash host add h1 --mac 0:11:22:33:44:55 --profile web --release s10u8',
      "zoneflash host add h2 --release s10u8 --profile web10 --interface 'bge0=192.0.2.10/24,router=192.0.2.1'",
      'zoneflash host add builder --transport ssh:root@192.0.2.7 --builds 1',
    ).argument('<name>'),
  ).action(addHost)

  addHostOptions(
    addCommand(
      noun,
      'set',
      'change a host; what is not named stays',
      'zoneflash host set h1 --profile db',
    ).argument('<name>'),
  ).action(setHost)

  addCommand(noun, 'list', 'list all hosts', 'zoneflash host list').action(listHosts)

  addCommand(noun, 'show', 'show a host and its installs', 'zoneflash host show h1')
    .argument('<name>')
    .action(showHost)

  addCommand(
    noun,
    'arm',
    'open the window in which a host may fetch its documents',
    'zoneflash host arm h1 --for 2h',
  )
    .argument('<name>')
    .option('--for <duration>', 'how long, e.g. 30m, 2h, 1d', '2h')
    .action(armHost)

  addCommand(noun, 'plan', 'show what would happen on a host: steps, bytes, files', 'zoneflash host plan h1')
    .argument('<name>')
    .action(printPlan)

  addCommand(
    noun,
    'render',
    'print the very script that the host would run',
    'zoneflash host render h1 --masked | less',
    'zoneflash host render h2 --document sysidcfg',
  )
    .argument('<name>')
    .option('--masked', 'with secrets masked')
    .option('--document <name>', 'of a JumpStart host: finish, begin, profile, sysidcfg, rules.ok')
    .action(printScript)

  addCommand(noun, 'events', 'show the timeline of the latest install', 'zoneflash host events -f h1')
    .argument('<name>')
    .option('-f, --follow', 'stay and show what comes, until the install is over')
    .option('--install <id>', 'another install than the latest')
    .action(showEvents)

  registerHostArchive(noun)

  registerHostBoot(noun)

  addCommand(noun, 'rm', 'forget a host', 'zoneflash host rm h1').argument('<name>').action(removeHost)
}
