import { describe, expect, test } from 'vitest'
import { renderParsableList, renderVerboseList, type ListedZone } from '#sandbox/zoneadm/list-format.ts'

const web: ListedZone = {
  name: 'flashweb',
  state: 'configured',
  zonepath: '/flash/web',
  uuid: '',
  brand: 'native',
  ipType: 'shared',
  debugid: '',
}
const running: ListedZone = {
  ...web,
  id: 4,
  name: 'web1',
  state: 'running',
  zonepath: '/zones/a:b',
  uuid: '6c1f0c5e-8d41-4c8e-b7f5-0a6a1c1d2e3f',
  ipType: 'excl',
}

describe('zoneadm list -v', () => {
  test('from 8/07 on it has brand and IP, with padding after the last column', () => {
    expect(renderVerboseList([web], 's10u8')).toBe(
      '  ID NAME             STATUS     PATH                           BRAND    IP    \n' +
        '   - flashweb         configured /flash/web                     native   shared\n',
    )
  })

  test('on 11/06 it has four columns and a wider status', () => {
    expect(renderVerboseList([web], 's10u3')).toBe(
      '  ID NAME             STATUS         PATH                          \n' +
        '   - flashweb         configured     /flash/web                    \n',
    )
  })

  test('a long value pushes the columns and is not cut', () => {
    const long = { ...web, name: 'a-name-of-more-than-sixteen' }
    expect(renderVerboseList([long], 's10u8').split('\n')[1]).toContain(
      ' a-name-of-more-than-sixteen configured ',
    )
  })
})

describe('zoneadm list -p', () => {
  test('has five fields on 11/06, seven from 8/07, eight on OmniOS', () => {
    const line = '4:web1:running:/zones/a\\:b:6c1f0c5e-8d41-4c8e-b7f5-0a6a1c1d2e3f'
    expect(renderParsableList([running], 's10u3')).toBe(`${line}\n`)
    expect(renderParsableList([running], 's10u8')).toBe(`${line}:native:excl\n`)
    expect(renderParsableList([running], 'illumos')).toBe(`${line}:native:excl:\n`)
  })

  test('a zone without an id prints a dash and an empty uuid', () => {
    expect(renderParsableList([web], 's10u8')).toBe('-:flashweb:configured:/flash/web::native:shared\n')
  })
})
