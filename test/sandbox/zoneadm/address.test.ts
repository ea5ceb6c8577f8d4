import { expect, test } from 'vitest'
import { highestFreeAddress, isSameSubnet, splitAddress } from '#sandbox/zoneadm/address.ts'

test('an address without a prefix gets that of its class', () => {
  expect(splitAddress('10.0.0.1').prefix).toBe(8)
  expect(splitAddress('172.16.0.1').prefix).toBe(16)
  expect(splitAddress('192.0.2.10').prefix).toBe(24)
  expect(splitAddress('192.0.2.10/28')).toEqual({ address: '192.0.2.10', prefix: 28 })
})

test('the host takes the highest address of a subnet that no zone has', () => {
  expect(highestFreeAddress('192.0.2.10', 24, new Set())).toBe('192.0.2.254')
  expect(highestFreeAddress('192.0.2.10', 24, new Set(['192.0.2.254', '192.0.2.253']))).toBe('192.0.2.252')
  expect(highestFreeAddress('200.255.255.129', 25, new Set())).toBe('200.255.255.254')
})

test('a subnet of one or two addresses has no room for the host', () => {
  expect(highestFreeAddress('192.0.2.10', 32, new Set())).toBeUndefined()
  expect(highestFreeAddress('192.0.2.10', 31, new Set())).toBeUndefined()
})

test('subnets are compared by their prefix', () => {
  expect(isSameSubnet('192.0.2.10', 24, '192.0.2.200')).toBe(true)
  expect(isSameSubnet('192.0.2.10', 25, '192.0.2.200')).toBe(false)
})
