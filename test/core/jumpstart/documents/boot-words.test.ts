import { expect, test } from 'vitest'
import { bootWordsFor } from '#core/jumpstart/documents/boot-words.ts'

const url = 'http://192.0.2.1:7070/js/h1/zi_x/'

test.each([
  ['i86pc', `- install ${url}config.tar`],
  ['sun4v', `boot net - install ${url}config.tar`],
  ['sparc', `boot net - install ${url}config.tar`],
])('a host of %s is booted with these words', (arch, words) => {
  expect(bootWordsFor(arch, url)).toEqual({ words })
})

test('a name in the address, or https, is something the installer cannot read', () => {
  expect(bootWordsFor('i86pc', 'http://install.example.org/js/h1/zi_x/').note).toMatch(
    /^the address names install\.example\.org, expected an IPv4 address/,
  )
  expect(bootWordsFor('i86pc', 'http://127.0.0.1:7070/js/h1/zi_x/').note).toMatch(
    /127\.0\.0\.1.*ZONEFLASH_URL/,
  )
  expect(bootWordsFor('i86pc', 'https://192.0.2.1/js/h1/zi_x/').note).toMatch(/expected http/)
})
