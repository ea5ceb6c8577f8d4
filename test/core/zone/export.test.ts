import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OsRelease } from '#core/host.ts'
import { emptyZoneConfig, zoneElement, type ZoneConfig, type ZoneElement } from '#core/zone/config.ts'
import { exportCommands } from '#core/zone/export.ts'
import { renderInfo } from '#core/zone/info.ts'
import { replayCommands } from '#core/zone/replay.ts'
import { attempt } from './attempt.ts'
import { zonecfgString, zoneConfig } from './arbitraries.ts'

const rich: ZoneConfig = {
  ...emptyZoneConfig('web1'),
  zonepath: '/zones/web1',
  properties: { bootargs: '-m verbose', 'ip-type': 'shared', pool: '' },
  elements: [
    zoneElement('attr', { name: 'owner', type: 'string', value: 'ops team' }),
    zoneElement('network', { physical: 'bge0', address: '192.0.2.10/24', defrouter: '192.0.2.1' }),
    zoneElement('filesystem', { directory: '/export', special: '/export', type: 'lofs' }, [
      zoneElement('fsoption', { name: 'ro' }),
      zoneElement('fsoption', { name: 'gid=3' }),
    ]),
    zoneElement('mcap', { physcap: '536870912' }),
    zoneElement('rctl', { name: 'zone.max-lwps' }, [
      zoneElement('rctl-value', { priv: 'privileged', limit: '200', action: 'deny' }),
    ]),
    zoneElement('pset', { ncpu_min: '1', ncpu_max: '2' }),
    zoneElement('inherited-pkg-dir', { directory: '/usr' }),
    zoneElement('dataset', { name: 'tank/data' }),
  ],
}

describe('export', () => {
  test('on Solaris 10 quotes only resource values with a blank, and keeps its order', () => {
    expect(exportCommands(rich, { release: 's10u8' })).toBe(
      [
        'create -b',
        'set zonepath=/zones/web1',
        'set autoboot=false',
        'set bootargs=-m verbose',
        'set ip-type=shared',
        'add inherit-pkg-dir',
        'set dir=/usr',
        'end',
        'add fs',
        'set dir=/export',
        'set special=/export',
        'set type=lofs',
        'add options ro',
        'add options "gid=3"',
        'end',
        'add net',
        'set address=192.0.2.10/24',
        'set physical=bge0',
        'set defrouter=192.0.2.1',
        'end',
        'add rctl',
        'set name=zone.max-lwps',
        'add value (priv=privileged,limit=200,action=deny)',
        'end',
        'add attr',
        'set name=owner',
        'set type=string',
        'set value="ops team"',
        'end',
        'add dataset',
        'set name=tank/data',
        'end',
        'add dedicated-cpu',
        'set ncpus=1-2',
        'end',
        'add capped-memory',
        'set physical=512M',
        'end',
        '',
      ].join('\n'),
    )
  })

  test('on illumos quotes every resource value and names the brand', () => {
    const text = exportCommands({ ...rich, properties: { brand: 'lx' } }, { release: 'illumos' })
    expect(text).toContain('set brand=lx\n')
    expect(text).toContain('set dir="/export"\n')
    expect(text).toContain('add options "ro"\n')
    expect(text).not.toContain('inherit-pkg-dir')
  })

  test('on Solaris 10 11/06 knows neither ip-type nor defrouter nor capped-memory', () => {
    expect(exportCommands(rich, { release: 's10u3' })).not.toMatch(/ip-type|defrouter|capped|dedicated/)
  })

  test('as zonecfg writes it, is not always fit to be fed back', () => {
    const text = exportCommands(rich, { release: 's10u8' })
    expect(() => replayCommands(text, { zone: 'web1', release: 's10u8' })).toThrow(
      expect.objectContaining({ code: 'ZonecfgCommandsInvalid' }),
    )
  })

  test('to be replayed makes the same configuration, whatever its values', () => {
    const flat = (element: ZoneElement): unknown => [
      element.tag,
      Object.entries(element.attributes).toSorted(([a], [b]) => a.localeCompare(b)),
      element.children.map(flat),
    ]
    const sorted = (config: ZoneConfig) => ({
      ...config,
      elements: config.elements.map((each) => JSON.stringify(flat(each))).toSorted(),
    })
    fc.assert(
      fc.property(
        zoneConfig(zonecfgString),
        fc.constantFrom(...OsRelease.options.slice(3, -1)),
        (config, release) => {
          const text = exportCommands(config, { release, replayable: true })
          const again = replayCommands(text, { zone: config.name, release })
          const properties = { ...config.properties, 'ip-type': 'shared' as const }
          expect(sorted(again)).toEqual(sorted({ ...config, properties }))
          expect(exportCommands(again, { release, replayable: true })).toBe(text)
        },
      ),
    )
  })

  test('to be replayed either carries a string exactly or is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const elements = [zoneElement('device', { match: value })]
        const config = { ...emptyZoneConfig('z'), zonepath: '/z', elements }
        const options = { release: 's10u8', replayable: true } as const
        const made = attempt(() => {
          const text = exportCommands(config, options)
          return replayCommands(text, { zone: 'z', release: 's10u8' }).elements
        })
        expect([{ value: elements }, { code: 'ZonecfgValueInvalid' }]).toContainEqual(made)
      }),
    )
  })

  test('to be replayed puts capped-memory before its resource controls', () => {
    const elements = ['zone.max-swap', 'zone.max-locked-memory'].map((name) =>
      zoneElement('rctl', { name }, [
        zoneElement('rctl-value', { priv: 'privileged', limit: '134217728', action: 'deny' }),
      ]),
    )
    const config = { ...rich, elements: [...elements, zoneElement('mcap', { physcap: '1000000001' })] }
    const text = exportCommands(config, { release: 's10u8', replayable: true })
    const again = replayCommands(text, { zone: 'web1', release: 's10u8' })
    expect(new Set(again.elements)).toEqual(new Set(config.elements))
  })
})

describe('info', () => {
  test('shows the zone, then its resources, values with a blank in quotes', () => {
    expect(renderInfo(rich, 's10u8')).toBe(
      [
        'zonename: web1',
        'zonepath: /zones/web1',
        'brand: native',
        'autoboot: false',
        'bootargs: -m verbose',
        'pool: ',
        'limitpriv: ',
        'scheduling-class: ',
        'ip-type: shared',
        '[max-lwps: 200]',
        'inherit-pkg-dir:',
        '\tdir: /usr',
        'fs:',
        '\tdir: /export',
        '\tspecial: /export',
        '\traw not specified',
        '\ttype: lofs',
        '\toptions: [ro,"gid=3"]',
        'net:',
        '\taddress: 192.0.2.10/24',
        '\tphysical: bge0',
        '\tdefrouter: 192.0.2.1',
        'dedicated-cpu:',
        '\tncpus: 1-2',
        'capped-memory:',
        '\tphysical: 512M',
        'attr:',
        '\tname: owner',
        '\ttype: string',
        '\tvalue: "ops team"',
        'dataset:',
        '\tname: tank/data',
        'rctl:',
        '\tname: zone.max-lwps',
        '\tvalue: (priv=privileged,limit=200,action=deny)',
        '',
      ].join('\n'),
    )
  })

  test('on 11/06 has no brand and shows resource controls before attributes', () => {
    const text = renderInfo(rich, 's10u3')
    expect(text).not.toMatch(/brand|ip-type|max-lwps:/)
    expect(text.indexOf('rctl:')).toBeLessThan(text.indexOf('attr:'))
  })
})
