// What happens to a host before it has zones: its new root is received beside the old one and made what it boots from.
import { capturedSteps } from '../system-archive/captured-steps.ts'
import { formatBytes } from '../units.ts'
import type { PlannedStep, PlannedSystem } from './schema.ts'
import { whoBringsSystem } from './who-brings-system.ts'

export function systemSteps(system: PlannedSystem): PlannedStep[] {
  const { template, version, osFamily, format, compression, size, pool, bootEnvironment } = system
  const name = `${template}@${version}`
  const packed = compression === 'none' ? format : `${format}, ${compression}`
  const whole = `${name} (${packed}, ${formatBytes(size)})`
  if (whoBringsSystem({ system }) === 'installer')
    return [
      { step: 'system', what: `JumpStart itself installs ${whole}`, bytes: size },
      ...capturedSteps(system),
    ]
  const root = `${pool}/ROOT/${bootEnvironment}`
  const compressed =
    system.compressionProperty === undefined ? '' : ` with compression=${system.compressionProperty}`
  const told =
    system.sysidcfg === undefined
      ? ['root password', ...system.files.map((file) => file.path)].join(', ')
      : 'etc/sysidcfg, mode 0600'
  const old = system.oldEnvironment === 'keep' ? 'is kept' : 'is destroyed once the new one has booted'
  return [
    {
      step: 'check',
      what: `look for pool ${pool} with ${formatBytes(system.neededBytes)} free, and for a boot environment ${bootEnvironment} of others in the way`,
    },
    {
      step: 'system',
      what:
        `${whole}, ${format === 'zfs' ? 'receive' : 'unpack'} in ${pool}/ROOT${compressed}, ` +
        `verify sha256 ${system.sha256.slice(0, 12)}…, make ${root} of it`,
      bytes: size,
    },
    {
      step: 'system',
      what: `reset what tells hosts of ${osFamily} apart, nodename ${system.nodename}, write ${told}; swap, dump device and install logs of this host`,
    },
    {
      step: 'system',
      what: `zpool set bootfs=${root} ${pool}; the old environment ${old}`,
    },
    ...capturedSteps(system),
  ]
}
