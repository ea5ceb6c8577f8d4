import { describe, expect, test } from 'vitest'
import { zoneDocument } from '#core/identity/zone-document.ts'
import { planZone } from '#core/plan/plan-zone.ts'
import { Profile } from '#core/profile.ts'
import { parseZoneXml } from '#core/zone/xml.ts'
import { exampleManifest } from '../example-plan.ts'

const profile = Profile.parse({
  name: 'demo',
  sysid: { rootPassword: '$5$salt$verysecret' },
  zones: [
    {
      name: 'web01',
      template: 'web@stable',
      zonepath: '/pool/web01',
      ipType: 'exclusive',
      net: [{ physical: 'web0', allowedAddress: '192.0.2.11/24' }],
      fs: [{ dir: '/data', special: '/pool/data' }],
      attr: [{ name: 'owner', value: 'me & you' }],
    },
  ],
})

const zonecfg = `create -b
set zonepath=/zones/golden
set brand=lx
set autoboot=true
set ip-type=exclusive
set limitpriv=default,sys_time
add net
set physical=golden0
end
add fs
set dir=/data
set special=/golden/data
set type=lofs
end
add fs
set dir=/kept
set special=/golden/kept
set type=lofs
end
add attr
set name=kernel-version
set type=string
set value=4.4
end
`

function documentOf(detachedXml?: string) {
  const manifest = exampleManifest('web', {
    zonecfg,
    inventory: [{ kind: 'package', name: 'SUNWcsr', version: '11.10' }],
  })
  const [given] = profile.zones
  if (!given) throw new Error('the profile has no zone')
  const zone = planZone(given, { profile, manifest, hostRelease: 'illumos' })
  return parseZoneXml(zoneDocument({ manifest, zone, release: 'illumos', detachedXml }))
}

const shown = ({ elements }: ReturnType<typeof documentOf>) =>
  elements.map(({ tag, attributes }) => `${tag} ${Object.values(attributes).join(' ')}`)

describe('the SUNWdetached.xml of a personal stream', () => {
  test('is the configuration that cloning from the flash zone makes: the template’s, then the profile’s', () => {
    const document = documentOf()
    expect(document).toMatchObject({
      name: 'web01',
      zonepath: '/pool/web01',
      autoboot: true,
      properties: { brand: 'lx', 'ip-type': 'exclusive' },
    })
    expect(document.properties.limitpriv).toBeUndefined()
    expect(shown(document)).toEqual([
      'filesystem /golden/kept /kept lofs',
      'attr kernel-version string 4.4',
      'attr flash-origin string web@1.0',
      'network 192.0.2.11/24 web0',
      'filesystem /pool/data /data lofs',
      'attr owner string me & you',
      'package SUNWcsr 11.10',
    ])
  })

  test('starts from what the template’s tree says, when it is a zone document', () => {
    const own =
      '<?xml version="1.0"?><!DOCTYPE zone PUBLIC "-//Sun Microsystems Inc//DTD Zones//EN" "file:///usr/share/lib/xml/dtd/zonecfg.dtd.1">' +
      '<zone name="golden" zonepath="/zones/golden" autoboot="false" brand="lx" ip-type="exclusive">' +
      '<device match="/dev/golden"/><attr name="flash-origin" type="string" value="base@7"/>' +
      '<package name="own" version="1"/></zone>'
    expect(shown(documentOf(own))).toEqual([
      'attr flash-origin string web@1.0',
      'network 192.0.2.11/24 web0',
      'filesystem /pool/data /data lofs',
      'attr owner string me & you',
      'package own 1',
    ])
    expect(shown(documentOf('<zone'))).toEqual(shown(documentOf()))
  })
})
