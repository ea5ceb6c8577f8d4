// What a deleted version leaves on a real sandbox host: the snapshot goes, and the golden zone that a build made.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { releaseSnapshot } from '#app/release-snapshot.ts'
import { Host } from '#core/host.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

const SANDBOX = path.resolve(import.meta.dirname, '../../sandbox/bin/sandbox')
const name = `release-${process.pid}`
const host = Host.parse({ name: 'golden', transport: `sandbox:${name}`, release: 'illumos', builds: {} })
const catalog = new MemoryTemplateCatalog()
const hosts = new MemoryHostRegistry()
const needs = { catalog, hosts, openShell: openHostShell }

const base = 'base-00c0ffee'
const child = 'web-00decade'

describe.skipIf(process.getuid?.() !== 0)('on a sandbox host', () => {
  beforeAll(async () => {
    await hosts.add(host)
    sandbox('create', name, '--pool-size', '1G', '--lifeline-pid', String(process.pid))
    onHost(`mkdir -p /root/tree/etc /root/tree/usr/lib && tar -C /root/tree -czf /root/image.tgz .
      for zone in ${base} own; do
        printf 'create -b\\nset brand=lx\\nset zonepath=/zones/%s\\n' $zone >/root/cfg
        zonecfg -z $zone -f /root/cfg && zoneadm -z $zone install -t /root/image.tgz
      done
      for zone in ${base} own; do
        zoneadm -z $zone detach && zfs snapshot $(zfs list -H -o name /zones/$zone)@zoneflash-1
      done
      zoneadm -z ${base} attach
      printf 'create -t ${base}\\nset zonepath=/zones/${child}\\n' >/root/cfg && zonecfg -z ${child} -f /root/cfg
      zoneadm -z ${child} clone -s $(zfs list -H -o name /zones/${base})@zoneflash-1 ${base}
      for zone in ${base} ${child}; do zoneadm -z $zone detach; done`)
  })
  afterAll(() => sandbox('destroy', name))

  test('a golden zone stays while others are clones of it, and goes after them; released again, nothing happens', async () => {
    await add('base', base, 'build')
    await add('web', child, 'build')
    for (const template of ['web', 'base']) await catalog.setState(template, '1', 'deleted')
    await expect(release('base', base, true)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(zones()).toEqual([base, 'own', child])
    await release('web', child, true)
    expect(zones()).toEqual([base, 'own'])
    await release('base', base, true)
    expect(zones()).toEqual(['own'])
    expect(datasets()).toEqual(['own'])
    await release('base', base, true)
    expect(await catalog.listUnreleased()).toEqual([])
  })

  test('of a zone that somebody made by hand only the snapshot goes', async () => {
    await add('own', 'own', 'package')
    await catalog.setState('own', '1', 'deleted')
    // also when a job says so
    await release('own', 'own', true)
    expect(zones()).toEqual(['own'])
    expect(onHost('zfs list -H -t snapshot -o name')).toBe('')
  })
})

async function add(template: string, zone: string, madeBy: 'build' | 'package'): Promise<void> {
  await catalog.putVersion(
    versionOf(template, '1', { madeBy, madeFrom: { host: 'golden', zone } }),
    new Map(),
  )
}

function release(template: string, zone: string, golden: boolean): Promise<void> {
  return releaseSnapshot({ template, version: '1', host: 'golden', zone, golden }, needs)
}

/** Zones and their datasets, by name. */
function zones(): string[] {
  const list = onHost('zoneadm list -cp').trim().split('\n')
  return list
    .flatMap((line) => (line.split(':')[1] === 'global' ? [] : (line.split(':')[1] ?? [])))
    .toSorted()
}

function datasets(): string[] {
  const list = onHost('zfs list -H -t filesystem -o mountpoint').trim().split('\n')
  return list.flatMap((line) => /^\/zones\/(.+)$/.exec(line)?.[1] ?? []).toSorted()
}

function sandbox(...args: string[]): void {
  const { status, stderr } = spawnSync(SANDBOX, args, { encoding: 'utf8' })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
}

function onHost(script: string): string {
  const { status, stderr, stdout } = spawnSync(SANDBOX, ['enter', name, '--', 'sh', '-ec', script], {
    encoding: 'utf8',
  })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
