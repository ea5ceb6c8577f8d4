import { describe, expect, test } from 'vitest'
import { personalDetachedXml } from '#core/plan/personal-config.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import { exampleManifest } from '../example-plan.ts'

const zone = {
  name: 'web01',
  zonepath: '/zones/web01',
  template: 'web',
  version: '1.0',
  replaces: ['fs dir="/data"', 'rctl name="zone.cpu-shares"', 'attr name="owner"'],
}

const own = `<?xml version="1.0"?>
<zone name="golden" zonepath="/golden/web" autoboot="true" limitpriv="default,sys_time" brand="lx">
  <network physical="e0" address="192.0.2.9/24"/>
  <filesystem special="/export/a" directory="/data" type="lofs"/>
  <filesystem special="/export/b" directory="/more" type="lofs"/>
  <attr name="owner" type="string" value="golden people"/>
  <attr name="flash-origin" type="string" value="default@7"/>
  <attr name="kernel-version" type="string" value="4.4"/>
  <package name="SUNWcsr" version="11.11"/>
</zone>
`

const shown = (text: string) => {
  const { elements, ...rest } = parseZoneXml(text)
  return {
    ...rest,
    elements: elements.map(
      ({ tag, attributes }) => `${tag} ${attributes['name'] ?? attributes['directory'] ?? attributes['id']}`,
    ),
  }
}

describe('personalDetachedXml', () => {
  test('passes on what the template holds, without its golden host and what the profile sets', () => {
    const text = personalDetachedXml(exampleManifest('web'), zone, { release: 'illumos', own })
    expect(shown(text)).toEqual({
      name: 'web01',
      zonepath: '/zones/web01',
      autoboot: false,
      properties: { brand: 'lx' },
      elements: ['filesystem /more', 'attr kernel-version', 'attr flash-origin', 'package SUNWcsr'],
    })
    expect(text).toContain('<attr name="flash-origin" type="string" value="web@1.0"/>')
    expect(text).toContain('zonecfg(1M) and zoneadm(1M) attach.')
  })

  test.each([{ own: undefined }, { own: 'no XML' }])(
    'is made of the manifest where the template holds $own',
    ({ own: none }) => {
      const manifest = exampleManifest('web', {
        zonecfg: 'create -b\nset brand=lx\nadd attr\nset name=a\nset type=string\nset value=b\nend\n',
        inventory: [{ kind: 'package', name: 'SUNWcsu', version: '11.11' }],
      })
      const text = personalDetachedXml(manifest, zone, { release: 'illumos', own: none })
      expect(shown(text)).toMatchObject({
        properties: { brand: 'lx' },
        elements: ['attr a', 'attr flash-origin', 'package SUNWcsu'],
      })
    },
  )
})
