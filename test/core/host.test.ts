import { describe, expect, test } from 'vitest'
import { GivenHost, Host, type HostInterface } from '#core/host.ts'

const bge0 = { name: 'bge0', address: '192.0.2.10/24' }
const bge1 = { name: 'bge1', primary: true }

describe('interfaces as somebody gives them', () => {
  const given = (...interfaces: Partial<HostInterface>[]) => GivenHost.safeParse({ name: 'h1', interfaces })

  test.each([
    ['one name twice', [bge0, { name: 'bge0' }], 'interface bge0 is there twice, expected each once'],
    [
      'two that are primary',
      [{ ...bge0, primary: true }, bge1],
      'interfaces bge0 and bge1 are primary, expected one',
    ],
    [
      'PRIMARY among several',
      [bge0, { name: 'PRIMARY' }],
      'an interface of 2 is called PRIMARY, expected a name such as bge0 for each',
    ],
  ])('%s are refused; a record that has them already is read', (_what, interfaces, message) => {
    expect(given(...interfaces).error?.issues).toMatchObject([{ path: ['interfaces'], message }])
    expect(Host.parse({ name: 'h1', interfaces }).interfaces).toHaveLength(2)
  })

  test.each([
    ['none', []],
    ['PRIMARY alone', [{ name: 'PRIMARY', primary: true }]],
    ['several, one of them primary', [bge0, bge1, { ...bge0, name: 'bge2', primary: false }]],
  ])('%s are taken', (_what, interfaces) => {
    expect(given(...interfaces).data?.interfaces).toHaveLength(interfaces.length)
  })
})
