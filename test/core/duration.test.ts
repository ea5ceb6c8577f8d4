import { expect, test } from 'vitest'
import { Duration } from '#core/duration.ts'
import { versionNameAt } from '#core/version-name.ts'

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('%s is %i milliseconds', (text, milliseconds) => expect(Duration.parse(text)).toBe(milliseconds))

test.each(['', '2', 'h', '0h', '-1h', '1.5h', '2 h', '2h30m', '1w', '9999999s', '2H'])(
  '%j is no duration',
  (text) => expect(Duration.safeParse(text).success).toBe(false),
)

test('a version is named after its moment in UTC', () => {
  expect(versionNameAt(new Date('2026-11-20T11:02:03.999Z'))).toBe('20261120T110203Z')
})
