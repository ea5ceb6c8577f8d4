import { expect, test } from 'vitest'
import { CapturedZone } from '#core/manifest.ts'
import { capturedSteps } from '#core/system-archive/captured-steps.ts'
import type { ArchiveRow } from '#core/system-archive/finding.ts'
import { interfacesOf, mapCaptured } from '#core/system-archive/map-interfaces.ts'
import { requoteExport } from '#core/system-archive/requote-export.ts'
import { renderCapturedZones, renderRestoreScript } from '#core/system-archive/restore-script.ts'
import { exampleCaptured } from './example-captured.ts'

const exported = `create -b
set zonepath=/zones/web
set autoboot=true
set bootargs=-m verbose
set ip-type=shared
add fs
set dir=/data
set special="/export/my data"
set type=lofs
add options ro
add options "setuid=no"
end
add rctl
set name=zone.cpu-shares
add value (priv=privileged,limit=20,action=none)
end
`

test('an export of Solaris 10 becomes commands that zonecfg takes again', () => {
  expect(requoteExport(exported)).toBe(`create -b
set zonepath="/zones/web"
set autoboot="true"
set bootargs="-m verbose"
set ip-type="shared"
add fs
set dir="/data"
set special="/export/my data"
set type="lofs"
add options "ro"
add options "setuid=no"
end
add rctl
set name="zone.cpu-shares"
add value (priv=privileged,limit=20,action=none)
end
`)
  expect(requoteExport(requoteExport(exported))).toBe(requoteExport(exported))
})

test('a value that zonecfg cannot say is refused', () => {
  expect(() => requoteExport('set bootargs=say "hello"\n')).toThrow(/zonecfg value is/)
})

const [web, spare] = exampleCaptured()

test('interfaces are mapped, the rest stays as it was', () => {
  const { commands, interfaces, sources } = mapCaptured(web, { bge0: 'e1000g0' }, 'solaris10')
  expect(commands).toContain('set physical="e1000g0"')
  expect(commands).toContain('set bootargs="-m verbose"')
  expect(commands.endsWith('end\nverify\ncommit\n')).toBe(true)
  expect(interfaces).toEqual(['e1000g0'])
  expect(sources).toEqual(["/export/it's data"])
  expect(interfacesOf(web, 'solaris10')).toEqual(['bge0'])
  const unmapped = mapCaptured(web, { nge0: 'e1000g0' }, 'solaris10')
  expect(unmapped.commands).toBe(commands.replace('e1000g0', 'bge0'))
})

test('a configuration of 11/06 gets no word that its zonecfg does not know', () => {
  const zonecfg = 'create -b\nset zonepath="/zones/old"\nset autoboot="false"\n'
  expect(mapCaptured({ name: 'old', zonecfg }, {}, 'solaris10').commands).toBe(`${zonecfg}verify\ncommit\n`)
})

test('a zone with an IP stack of its own needs no interface plumbed', () => {
  const zonecfg =
    'create -b\nset zonepath="/z/a"\nset ip-type="exclusive"\nadd net\nset physical="net0"\nset global-nic="igb0"\nend\n'
  const mapped = mapCaptured({ name: 'a', zonecfg }, { igb0: 'ixgbe0' }, 'illumos')
  expect(mapped.interfaces).toEqual([])
  expect(mapped.commands).toContain('set global-nic="ixgbe0"')
  expect(interfacesOf({ name: 'a', zonecfg }, 'illumos')).toEqual(['net0', 'igb0'])
})

test('a configuration that is not understood travels as it is, whatever the map', () => {
  const zonecfg = 'create -b\nset zonepath="/z/a"\nadd anet\nset linkname="net0"\nend\n'
  expect(mapCaptured({ name: 'a', zonecfg }, {}, 'solaris10').commands).toBe(`${zonecfg}verify\ncommit\n`)
  expect(mapCaptured({ name: 'a', zonecfg }, { net0: 'net1' }, 'solaris10').commands).toContain(
    'linkname="net0"',
  )
  expect(interfacesOf({ name: 'a', zonecfg }, 'solaris10')).toEqual([])
})

test('the script says of each zone what it was, and holds what was only allowed', async () => {
  const system = { template: 'oldsys', version: '2', zones: [web, spare] }
  const options = { osFamily: 'solaris10', interfaceMap: { bge0: 'e1000g0' } } as const
  await expect(renderRestoreScript(system, options, '# the library\n')).toMatchFileSnapshot(
    '../../fixtures/golden/system-archive/restore.sh',
  )
  const allowed = renderRestoreScript(system, { ...options, allow: ['device'], attach: 'update' }, '')
  expect(allowed).toContain("z_held=''\n")
  expect(allowed).not.toContain('/dev/rmt/0')
  expect(allowed).toContain("z_attach='update'")
})

test('versions of before the row stood by itself are held and allowed the same', () => {
  const then = { ...spare, held: ['device: device /dev/rmt/0; it works on identical hardware only'] }
  const render = (zone: CapturedZone, allow: ArchiveRow[]) =>
    renderCapturedZones([zone], { osFamily: 'solaris10', interfaceMap: {}, allow })
  expect(CapturedZone.parse(then)).toEqual(then)
  for (const allow of [[], ['dataset' as const], ['device' as const]])
    expect(render(then, allow)).toEqual(render(spare, allow))
  expect(capturedSteps({ capturedZones: [then], interfaceMap: {}, osFamily: 'solaris10' })).toEqual(
    capturedSteps({ capturedZones: [spare], interfaceMap: {}, osFamily: 'solaris10' }),
  )
})

test('a plan says of each zone what comes after the reboot', () => {
  const plan = { capturedZones: [web, spare], osFamily: 'solaris10' as const }
  const says = (interfaceMap: Record<string, string>, capturedZones = plan.capturedZones) =>
    capturedSteps({ ...plan, interfaceMap, capturedZones }).map(({ zone, what }) => `${zone}: ${what}`)
  expect(says({ bge0: 'e1000g0' })).toEqual([
    'web: after the reboot: configure it as it was captured (bge0 becomes e1000g0), attach /zones/web, boot',
    'spare: is left, only configured: device: device /dev/rmt/0; it works on identical hardware only',
  ])
  expect(says({})[0]).toContain('(bge0 as it is called)')
  expect(says({}, [{ ...spare, held: [] }])).toEqual([
    'spare: after the reboot: configure it as it was captured',
  ])
})
