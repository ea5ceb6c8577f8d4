import { describe, expect, test } from 'vitest'
import { checkDetached, parseZoneLine } from '#core/packaging/zone-line.ts'

describe('a line of zoneadm list -p', () => {
  test.for([
    ['11/06', '-:web:configured:/zones/web:', undefined],
    ['8/07', '-:web:configured:/zones/web::native:shared', 'native'],
    ['OmniOS', '-:web:configured:/zones/web::lx:excl:', 'lx'],
    ['Solaris 11', '-:web:configured:/zones/web::solaris:excl:R:none:none', 'solaris'],
  ] as const)('of %s is read', ([, line, brand]) => {
    expect(parseZoneLine(`${line}\n`)).toEqual({
      name: 'web',
      state: 'configured',
      zonepath: '/zones/web',
      brand,
    })
  })

  test('may have an escaped colon in its path', () => {
    expect(parseZoneLine('3:a:running:/z\\:1/a:uuid:native:shared').zonepath).toBe('/z:1/a')
  })

  test.for(['', 'nonsense', '-:web:configured:relative::native:shared'])('%j is refused', (line) => {
    expect(() => parseZoneLine(line)).toThrow(/expected id:name:state:path/)
  })
})

describe('only a zone that is halted and detached is packaged', () => {
  const zone = (state: string) => ({ name: 'web', state, zonepath: '/zones/web', brand: 'lx' })

  test('a configured zone with SUNWdetached.xml is', () => {
    expect(() => checkDetached(zone('configured'), true)).not.toThrow()
  })

  test.for([
    ['running', 'ZoneRunning', 'zoneadm -z web halt'],
    ['ready', 'ZoneRunning', 'zoneadm -z web halt'],
    ['shutting_down', 'ZoneRunning', 'zoneadm -z web halt'],
    ['installed', 'ZoneNotDetached', 'zoneadm -z web detach'],
    ['incomplete', 'ZoneIncomplete', 'expected detached'],
  ] as const)('one that is %s is refused as %s', ([state, code, advice]) => {
    const check = () => checkDetached(zone(state), true)
    expect(check).toThrow(expect.objectContaining({ code, message: expect.stringContaining(advice) }))
  })

  test('a configured zone that was never installed is refused', () => {
    expect(() => checkDetached(zone('configured'), false)).toThrow(/no SUNWdetached.xml in \/zones\/web/)
  })
})
