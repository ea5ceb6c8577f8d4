// Acts out the boot of a native (Solaris) zone, which cannot execute here: sysidtool reads /etc/sysidcfg or waits for a person.
import path from 'node:path'
import { runCommand } from './command.ts'
import { firstBoot, nodenameOf } from './zoneadm/first-boot.ts'
import { markOnline } from './zoneadm/native-services.ts'
import { openZonesHost } from './zoneadm/zones-host.ts'

const name = process.argv[2] ?? ''
const host = openZonesHost()
const { zonepath } = host.store.readConfig(name)
const root = path.join(zonepath, 'root')
const questions = firstBoot(name, root, host.release)
if (questions.length === 0) {
  const pid = host.store.kernelState(name)?.pid
  const nodename = nodenameOf(root) ?? name
  if (pid !== undefined) runCommand(['nsenter', '--target', String(pid), '--uts', 'hostname', nodename])
  markOnline(name, root)
  console.log(`\n${nodename} console login:`)
} else {
  for (const line of questions) console.log(line)
}
