// zoneadm detach: leaves the zonepath with a manifest and the zone in state configured.
import { readFileSync } from 'node:fs'
import { renderManifest, writeManifest } from './detached-manifest.ts'
import { complain, FailedPlainly } from './failure.ts'
import { noOperands, readOptions } from './options.ts'
import type { ZonesHost } from './zones-host.ts'

const usage = 'detach [-n]'

export function isDryDetach(args: readonly string[]): boolean {
  return args.includes('-n')
}

export function detach(host: ZonesHost, name: string, args: readonly string[]): void {
  const { flags } = noOperands(readOptions(args, { flags: 'n', usage }), usage)
  const config = host.store.readConfig(name)
  if (flags.has('n')) {
    process.stdout.write(renderManifest(config))
    return
  }
  refuseMountsBelow(config.zonepath)
  writeManifest(config)
  host.store.setState(name, 'configured')
}

/** @throws FailedPlainly when something is mounted below a zonepath */
export function refuseMountsBelow(zonepath: string): void {
  const below = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) =>
      line.split(' ')[1]?.replaceAll(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((mountpoint) => mountpoint?.startsWith(`${zonepath}/`))
  if (below.length === 0) return
  complain(`zoneadm: These file systems are mounted on subdirectories of ${zonepath}.`)
  for (const mountpoint of below) complain(`  ${mountpoint}`)
  throw new FailedPlainly()
}
