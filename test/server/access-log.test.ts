import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskPath } from '#server/access-log.ts'

const secret = fc.stringMatching(/^z[if]_[A-Za-z0-9_-]{32}$/)

test.each([
  ['/js/h1/zi_secret/sysidcfg?zone=a', '/js/h1/[token]/sysidcfg?zone=a'],
  ['/js/h1/guess', '/js/h1/[token]'],
  ['//js//h1//guess/zones.sh', '//js//h1//[token]/zones.sh'],
  ['/flash/mysql/stable.zfs?a=1&token=guess&b=2', '/flash/mysql/stable.zfs?a=1&token=[token]&b=2'],
  ['/t/zf_secret/images', '/t/[token]/images'],
  ['//T/%7Af_guess', '//T/[token]'],
  ['/flash/t/guess.tar', '/flash/t/guess.tar'],
  ['/api/v1/templates', '/api/v1/templates'],
])('%s is logged as %s', (url, masked) => expect(maskPath(url)).toBe(masked))

test('no token survives wherever it stands in the address', () => {
  const places = fc.constantFrom(
    '/js/h1/%/sysidcfg',
    '/js/h1/%',
    '/flash/a/b.tar?token=%',
    '/%',
    '/x?y=%',
    '/JS/h/%/e',
    '/js/%/x',
    '/t/%/images',
  )
  fc.assert(
    fc.property(secret, places, (token, place) => !maskPath(place.replace('%', () => token)).includes(token)),
  )
})
