import { expect, test } from 'vitest'
import { releaseSnapshot, requestRelease } from '#app/release-snapshot.ts'
import type { HostShell } from '#app/ports/hosts.ts'
import { ProvisionError } from '#core/errors.ts'
import { Host } from '#core/host.ts'
import { jobData } from '#core/jobs.ts'
import { artifactOf, versionOf } from '#test/contracts/template-catalog.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJobQueue } from '#test/fakes/memory-job-queue.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const sha256 = 'c0ffee00'.padEnd(64, '0')
const imported = 'web-oc0ffee00'

/** Hosts with zones that are configured and have no tree; one that is `away` does not answer. */
async function site(zones: Record<string, string[] | 'away'>) {
  const catalog = new MemoryTemplateCatalog()
  const hosts = new MemoryHostRegistry()
  for (const name of Object.keys(zones))
    await hosts.add(
      Host.parse({
        name,
        transport: `ssh:root@${name}`,
        release: 'illumos',
        ...(name.startsWith('builder') && { builds: {} }),
      }),
    )
  const openShell = ({ name }: Host): HostShell => ({
    async run(argv) {
      const own = zones[name]
      if (own === undefined || own === 'away')
        throw new ProvisionError('unavailable', 'HostUnreachable', `${name} does not answer`)
      const [command, , zone = ''] = argv
      if (command.endsWith('zonecfg')) zones[name] = own.filter((one) => one !== zone)
      else if (command.endsWith('zoneadm') && own.includes(zone))
        return `-:${zone}:configured:/zones/${zone}::lx:excl:\n`
      else if (command.endsWith('zoneadm') || command.endsWith('ls'))
        throw new ProvisionError('conflict', 'CommandFailed', `${zone}: No such zone configured`)
      return ''
    },
    stream: () => {
      throw new Error('nothing is read')
    },
  })
  const madeFrom = { host: 'gone', zone: 'web-01234567' }
  await catalog.ensureTemplate('web')
  await catalog.putVersion(
    versionOf('web', '1', { artifacts: [artifactOf(sha256)], madeBy: 'build', madeFrom }),
    new Map(),
  )
  const queue = new MemoryJobQueue()
  const [manifest] = (await catalog.listVersions('web')).map((record) => record.manifest)
  if (!manifest) throw new Error('web@1 was put')
  await requestRelease(manifest, queue)
  const job = jobData.release.parse(queue.jobs[0]?.data)
  return { zones, catalog, release: () => releaseSnapshot(job, { catalog, hosts, openShell }) }
}

test('what a deleted version was imported as goes from every build host, and from no other', async () => {
  const { zones, catalog, release } = await site({
    'builder-1': 'away',
    'builder-2': [imported, 'web-oc0ffee01', 'own'],
    plain: [imported],
  })
  await release()
  expect(zones['builder-2'], 'the version is there').toContain(imported)
  await catalog.setState('web', '1', 'deleted')
  await expect(release()).rejects.toMatchObject({ code: 'HostUnreachable' })
  expect(zones).toMatchObject({ 'builder-2': ['web-oc0ffee01', 'own'], plain: [imported] })
  expect(await catalog.listUnreleased(), 'it is asked for again').toHaveLength(1)
  zones['builder-1'] = [imported]
  await release()
  expect(zones['builder-1']).toEqual([])
  expect(await catalog.listUnreleased()).toEqual([])
})

test('one that another version was imported as, of the same bytes, stays', async () => {
  const { zones, catalog, release } = await site({ 'builder-1': [imported] })
  await catalog.putVersion(versionOf('web', '2', { artifacts: [artifactOf(sha256)] }), new Map())
  await catalog.setState('web', '1', 'deleted')
  await release()
  expect(zones['builder-1']).toEqual([imported])
})
