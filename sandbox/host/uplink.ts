// The veth pair between a sandbox host and the machine: one /30 of 198.18.0.0/15 (RFC 2544) for each host.
import { tryCommand, runCommand } from '../command.ts'
import { ProvisionError } from '#core/errors.ts'

export interface Uplink {
  /** the machine's end */
  name: string
  rootAddress: string
  /** the host's end */
  address: string
}

const UPLINKS = 2 ** 15

function addressOf(index: number, offset: 1 | 2): string {
  const number = index * 4 + offset
  return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`
}

/**
 * Gives the network namespace of `pid` an interface `nic` whose other end is on this machine. The kernel refuses a name that is
 * taken, which makes the search for a free index safe against another `sandbox create`, also of another SANDBOX_DIR.
 */
export function openUplink(pid: number, nic: string): Uplink {
  for (let index = 0; index < UPLINKS; index++) {
    const name = `zfsand${index}`
    const added = tryCommand([
      'ip',
      'link',
      'add',
      name,
      'type',
      'veth',
      'peer',
      'name',
      nic,
      'netns',
      String(pid),
    ])
    if (added.status !== 0) {
      if (/File exists/.test(added.stderr)) continue
      throw new ProvisionError('unavailable', 'UplinkFailed', `${name}: ${added.stderr.trim()}`)
    }
    const uplink = { name, rootAddress: addressOf(index, 1), address: addressOf(index, 2) }
    runCommand(['ip', 'address', 'add', `${uplink.rootAddress}/30`, 'dev', name])
    runCommand(['ip', 'link', 'set', name, 'up'])
    const inside = ['nsenter', '--target', String(pid), '--net', 'ip'] as const
    runCommand([...inside, 'address', 'add', `${uplink.address}/30`, 'dev', nic])
    runCommand([...inside, 'link', 'set', nic, 'up'])
    // A server that listens on one host's uplink is reached from all hosts; nothing leads any further.
    runCommand([...inside, 'route', 'add', '198.18.0.0/15', 'via', uplink.rootAddress])
    return uplink
  }
  throw new ProvisionError('unavailable', 'UplinkFailed', `all ${UPLINKS} uplink addresses are in use`)
}
