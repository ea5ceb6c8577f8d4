import { expect, test } from 'vitest'
import { isWholeMac, MacAddress, macDigits, macPrefixDigits } from '#core/mac.ts'

test.each([
  ['0:11:22:a:b:c', '0011220A0B0C'],
  ['00-11-22-0a-0b-0c', '0011220A0B0C'],
  ['0011.220a.0b0c', '0011220A0B0C'],
  ['0011220a0b0c', '0011220A0B0C'],
  ['0', '0'],
  ['001', '001'],
  ['00:11:2', '001102'],
  ['8:0:27', '080027'],
  ['00-11', '0011'],
  ['0011.22', '001122'],
  ['0011220A0B0', '0011220A0B0'],
  ['', undefined],
  ['0011220A0B0C0', undefined],
  ['0:11:22:a:b:c:d', undefined],
  ['00-11-2', undefined],
  ['00:11:', undefined],
  ['00:112', undefined],
  ['00:11-22', undefined],
  ['001.1220.a0b0', undefined],
  ['0g', undefined],
  ['0:1:2:3:4:5:6:7:8:9:a:b:c', undefined],
  ['BuildRpool', undefined],
  ['../etc', undefined],
  ['٣', undefined],
  ['0'.repeat(5000), undefined],
])('the address %s is %s', (text, digits) => {
  const isWhole = digits?.length === 12
  expect(macDigits(text)).toBe(digits)
  expect(isWholeMac(digits ?? '')).toBe(isWhole)
  expect(macPrefixDigits(text)).toBe(isWhole ? undefined : digits)
  const kept = MacAddress.safeParse(text)
  expect(kept.data).toBe(isWhole ? '00:11:22:0a:0b:0c' : undefined)
})

test('with - a whole address may lack zeros where it is asked for, not where it is given', () => {
  expect(macDigits('0-11-22-a-b-c')).toBe('0011220A0B0C')
  expect(MacAddress.safeParse('0-11-22-a-b-c').success).toBe(false)
  expect(MacAddress.parse('00-11-22-0A-0B-0C')).toBe('00:11:22:0a:0b:0c')
})
