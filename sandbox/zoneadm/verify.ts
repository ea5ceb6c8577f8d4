// The checks that verify, install, clone, attach, ready and boot share (zones.md 4.2, "verify").
import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { ZoneConfig } from '#core/zone/config.ts'
import { isFileSystem } from './datasets.ts'
import { complain, FailedPlainly } from './failure.ts'
import { verifyZonepath } from './zonepath.ts'
import type { ZonesHost } from './zones-host.ts'

/**
 * Checks a zone's zonepath and resources; warnings never fail.
 * @throws FailedPlainly after `zoneadm: zone NAME failed to verify`
 */
export function verifyZone(host: ZonesHost, config: ZoneConfig, zonepathMustExist: boolean): void {
  let failed = false
  try {
    verifyZonepath(host, config.name, config.zonepath, zonepathMustExist)
  } catch (error) {
    if (!(error instanceof FailedPlainly)) throw error
    failed = true
  }
  for (const warning of networkWarnings(config)) complain(warning)
  for (const fault of resourceFaults(config)) {
    complain(fault)
    failed = true
  }
  if (!failed) return
  complain(`zoneadm: zone ${config.name} failed to verify`)
  throw new FailedPlainly()
}

/** Warnings for the interfaces of a shared-IP zone that the host does not have. */
export function networkWarnings(config: ZoneConfig): string[] {
  if (config.properties['ip-type'] === 'exclusive') return []
  const present = Object.keys(networkInterfaces())
  return config.elements
    .filter(({ tag }) => tag === 'network')
    .map(({ attributes }) => attributes['physical'] ?? '')
    .filter((physical) => !present.includes(physical))
    .map(
      (physical) =>
        `WARNING: skipping network interface '${physical}' which may not be present/plumbed in the global zone.`,
    )
}

/** Directories and datasets that the configuration names and the host lacks. */
export function resourceFaults(config: ZoneConfig): string[] {
  return config.elements.flatMap(({ tag, attributes }) => {
    if (tag === 'inherited-pkg-dir') {
      const directory = attributes['directory'] ?? ''
      return existsSync(directory)
        ? []
        : [`could not verify inherit-pkg-dir ${directory}: No such file or directory`]
    }
    if (tag === 'filesystem' && attributes['type'] === 'lofs') {
      const { directory = '', special = '' } = attributes
      return existsSync(special)
        ? []
        : [`could not verify fs ${directory}: could not access ${special}: No such file or directory`]
    }
    if (tag === 'dataset') {
      const { name = '' } = attributes
      return isFileSystem(name) ? [] : [`could not verify zfs dataset ${name}: dataset does not exist`]
    }
    return []
  })
}
