import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { removeGoldenZone } from '#app/gc/remove-golden-zone.ts'
import type { HostShell } from '#app/ports/hosts.ts'

const zonepath = '/zones/web-00000001'

/** A host where the golden zone is installed on tank/golden, beside file systems `name origin`. */
function hostWith(origins: Record<string, string>): { shell: HostShell; ran: string[] } {
  const ran: string[] = []
  const shell: HostShell = {
    async run(argv) {
      const command = argv.join(' ')
      if (command.endsWith('name,mountpoint')) return `tank/golden\t${zonepath}\n`
      if (command.endsWith('name,origin'))
        return Object.entries({ 'tank/golden': '-', ...origins })
          .map(([name, origin]) => `${name}\t${origin}\n`)
          .join('')
      if (command.endsWith('list -p')) return `-:web-00000001:installed:${zonepath}:u:ipkg:shared\n`
      ran.push(command)
      return ''
    },
    stream: () => new PassThrough().end(),
  }
  return { shell, ran }
}

test.each([
  ['its dataset', 'tank/golden@zoneflash-1'],
  ['its boot environment', 'tank/golden/ROOT/zbe@web01_snap'],
])('a golden zone stays while another one is a clone of %s', async (_of, origin) => {
  const { shell, ran } = hostWith({ 'tank/web01/ROOT/zbe': origin })
  await expect(removeGoldenZone(shell, 'web-00000001')).rejects.toMatchObject({
    code: 'GoldenZoneBusy',
    message: expect.stringContaining('tank/web01/ROOT/zbe is a clone of it'),
  })
  expect(ran).toEqual([])
})

test('boot environments of its own keep no golden zone', async () => {
  const { shell, ran } = hostWith({
    'tank/golden/ROOT/zbe': '-',
    'tank/golden/ROOT/zbe-1': 'tank/golden/ROOT/zbe@1',
    'tank/golden2/ROOT/zbe': 'tank/other@1',
  })
  await expect(removeGoldenZone(shell, 'web-00000001')).rejects.toThrow('it comes back')
  expect(ran[0]).toBe('/usr/sbin/zoneadm -z web-00000001 uninstall -F')
})
