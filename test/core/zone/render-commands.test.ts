import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProfileZone } from '#core/profile.ts'
import { zoneElement } from '#core/zone/config.ts'
import { renderZonecfgCommands } from '#core/zone/render-commands.ts'
import { attempt } from './attempt.ts'
import { ZonecfgHost } from './zonecfg-host.ts'

const zone = (settings: Record<string, unknown> = {}) =>
  ProfileZone.parse({ name: 'mysql01', template: 'mysql@stable', ...settings })

const settings = {
  ipType: 'shared',
  net: [{ physical: 'bge0', address: '192.0.2.10/24', defrouter: '192.0.2.1' }],
  fs: [{ dir: '/data', special: '/export/my data', options: ['ro', 'gid=3'] }],
  rctl: [{ name: 'zone.max-lwps', values: [{ limit: 500, action: 'deny' }] }],
  attr: [{ name: 'owner', value: 'name; set autoboot=false' }],
  dataset: ['tank/mysql'],
}

/** The elements of the zone that a command file makes, or `refused`. It may touch no other zone. */
function whatItMakes(commands: string) {
  const host = new ZonecfgHost()
  const { config, err } = host.run('mysql01', commands)
  if ([...host.states.keys()].some((name) => name !== 'mysql01')) return 'another zone was touched'
  return err === '' ? config?.elements : 'refused'
}

describe('the command file for a zone', () => {
  test('is plain to read', () => {
    expect(
      renderZonecfgCommands(zone(settings), { zonepath: '/zones/mysql01', template: 'flashmysql' }),
    ).toBe(
      [
        'create -t flashmysql',
        'set zonepath="/zones/mysql01"',
        'set autoboot="true"',
        'set ip-type="shared"',
        'add net',
        'set physical="bge0"',
        'set address="192.0.2.10/24"',
        'set defrouter="192.0.2.1"',
        'end',
        'add fs',
        'set dir="/data"',
        'set special="/export/my data"',
        'set type="lofs"',
        'add options "ro"',
        'add options "gid=3"',
        'end',
        'add rctl',
        'set name="zone.max-lwps"',
        'add value (priv=privileged,limit=500,action=deny)',
        'end',
        'add attr',
        'set name="owner"',
        'set type="string"',
        'set value="name; set autoboot=false"',
        'end',
        'add dataset',
        'set name="tank/mysql"',
        'end',
        'verify',
        'commit',
        '',
      ].join('\n'),
    )
  })

  test('makes the zone that it describes, and keeps what the template has besides', () => {
    const host = new ZonecfgHost()
    host.have(
      'flashmysql',
      'create -b; set zonepath=/zoneflash/mysql; add device; set match=/dev/x; end',
      'installed',
    )
    const commands = renderZonecfgCommands(zone(settings), {
      zonepath: '/zones/mysql01',
      template: 'flashmysql',
    })
    const { end, err, config } = host.run('mysql01', commands)
    expect({ end, err }).toEqual({ end: 'ok', err: '' })
    expect(config).toMatchObject({ name: 'mysql01', zonepath: '/zones/mysql01', autoboot: true })
    expect(config?.elements.map(({ tag }) => tag)).toEqual([
      'device',
      'network',
      'filesystem',
      'rctl',
      'attr',
      'dataset',
    ])
  })

  test('refuses a template name that is none', () => {
    expect(() => renderZonecfgCommands(zone(), { zonepath: '/z', template: 'a; delete -F' })).toThrow(
      expect.objectContaining({ code: 'ZonecfgValueInvalid' }),
    )
  })

  test('carries any string to its property and nowhere else, or refuses it', () => {
    const evil = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'a"\nend\ndelete -F',
        '"; delete -F; "',
        'a;b',
        '(x=y)',
        '[a,b]',
        '#',
        "'",
        '\\"',
        'end',
        'name',
      ),
    )
    fc.assert(
      fc.property(evil, evil, evil, evil, (value, option, limit, device) => {
        const asked: ProfileZone = {
          ...zone(),
          fs: [{ dir: '/data', special: device, type: 'lofs', options: [option] }],
          attr: [{ name: 'a', type: 'string', value }],
          rctl: [{ name: 'zone.a', values: [{ priv: 'privileged', limit, action: 'deny' }] }],
        }
        const commands = attempt(() => renderZonecfgCommands(asked, { zonepath: '/zones/a' }))
        // an empty value, one that is too long or no limit is zonecfg's to refuse
        const made = 'code' in commands ? commands.code : whatItMakes(commands.value)
        const elements = [
          zoneElement('filesystem', { special: device, directory: '/data', type: 'lofs' }, [
            zoneElement('fsoption', { name: option }),
          ]),
          zoneElement('rctl', { name: 'zone.a' }, [
            zoneElement('rctl-value', { priv: 'privileged', limit, action: 'deny' }),
          ]),
          zoneElement('attr', { name: 'a', type: 'string', value }),
        ]
        expect([elements, 'ZonecfgValueInvalid', 'refused']).toContainEqual(made)
      }),
      { numRuns: 200 },
    )
  })

  test('carries every string that zonecfg can say', () => {
    const sayable = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => !/["\p{Cc}\uFFFE\uFFFF]/u.test(text))
    fc.assert(
      fc.property(sayable, (value) => {
        const asked: ProfileZone = { ...zone(), attr: [{ name: 'a', type: 'string', value }] }
        const { end, err, config } = new ZonecfgHost().run(
          'a',
          renderZonecfgCommands(asked, { zonepath: '/z' }),
        )
        expect({ end, err }).toEqual({ end: 'ok', err: '' })
        expect(config?.elements[0]?.attributes['value']).toBe(value)
      }),
    )
  })
})
