import { describe, expect, test } from 'vitest'
import { parseInterfaces, interfaceText } from '../../cli/interface-option.ts'

describe('--interface', () => {
  test.each([
    [
      'bge0=192.0.2.10/24,router=192.0.2.1',
      { name: 'bge0', address: '192.0.2.10/24', defaultRoute: '192.0.2.1', ipv6: false },
    ],
    ['e1000g0=dhcp,ipv6', { name: 'e1000g0', ipv6: true }],
    [
      'bge1=198.51.100.10/25,hostname=h1-backup,primary',
      { name: 'bge1', address: '198.51.100.10/25', hostname: 'h1-backup', primary: true, ipv6: false },
    ],
  ])('%s', (text, one) => {
    expect(parseInterfaces([text])).toEqual([one])
    expect(parseInterfaces([interfaceText(parseInterfaces([text])[0] ?? { name: '', ipv6: false })])).toEqual(
      [one],
    )
  })

  test('none stands for no interface at all', () => {
    expect(parseInterfaces(['none'])).toEqual([])
  })

  test.each([
    '',
    'bge0',
    'bge0=',
    '=192.0.2.1/24',
    'bge0=192.0.2.10/24,gateway=192.0.2.1',
    'bge0=dhcp,router',
  ])('%j is no interface, and the message says what one looks like', (text) => {
    expect(() => parseInterfaces([text])).toThrow(
      `--interface is ${JSON.stringify(text)}, expected NAME=ADDRESS/BITS`,
    )
  })

  test.each(['bge0=192.0.2.10', 'bge0=192.0.2.10/64', '0bge=dhcp', 'bge0=dhcp,router=here'])(
    '%s holds a value that nothing can have',
    (text) => {
      expect(() => parseInterfaces([text])).toThrow(`--interface is ${JSON.stringify(text)}: `)
    },
  )
})
