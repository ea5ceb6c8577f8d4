import { describe, expect, test } from 'vitest'
import {
  addressOfHost,
  GivenHost,
  Host,
  isAtLeast,
  nodenameOf,
  primaryAddress,
  type HostInterface,
} from '#core/host.ts'

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

describe('what a host is called, and where', () => {
  const named = (interfaces: Partial<HostInterface>[]) => {
    const host = Host.parse({ name: 'h1', addresses: ['2001:db8::1', '192.0.2.77'], interfaces })
    return [nodenameOf(host), primaryAddress(host), addressOfHost(host)]
  }

  test.each([
    ['no interface', [], ['h1', undefined, '192.0.2.77']],
    ['the first interface', [bge0, { name: 'bge2', hostname: 'h1-b' }], ['h1', '192.0.2.10', '192.0.2.10']],
    ['the one that is marked', [bge0, { ...bge1, hostname: 'h1-p' }], ['h1-p', undefined, '192.0.2.77']],
  ])('%s says it', (_what, interfaces, said) => {
    expect(named(interfaces)).toEqual(said)
  })
})

test('releases are in their order, and illumos is the last', () => {
  expect([isAtLeast('s10u9', 's10u10'), isAtLeast('s10u10', 's10u10'), isAtLeast('s10u11', 's10u9')]).toEqual(
    [false, true, true],
  )
  expect([isAtLeast('illumos', 's10u11'), isAtLeast('s10u11', 'illumos')]).toEqual([true, false])
})
