import { expect, test } from 'vitest'
import { CliFailure, exitCode } from '#cli/failures.ts'
import { inWordsOfOptions } from '#cli/option-words.ts'

const OPTION_OF = { macs: '--mac', 'options.bootServer': '--boot-server' }

const refusedFor = (where: string, issues: unknown, code = 'InvalidRequest') =>
  new CliFailure(exitCode.refused, code, `${where}: as the server says it`, {
    status: 400,
    details: { where, issues },
  })
const told = (failure: Error) => inWordsOfOptions(OPTION_OF, Promise.reject(failure))

test('fields of a body are told as the options that they came from', async () => {
  const failure = refusedFor('body', [
    { path: 'options.bootServer.address', message: 'Invalid IPv4 address' },
    { path: 'macs.0', message: 'expected a MAC address' },
    { path: 'options.other', message: 'is unknown' },
    { path: '', message: 'is too much' },
  ])
  await expect(told(failure)).rejects.toMatchObject({
    code: 'InvalidRequest',
    exit: exitCode.refused,
    status: 400,
    message:
      '--boot-server: Invalid IPv4 address; --mac: expected a MAC address; options.other: is unknown; is too much',
  })
})

test.each([
  ['fields of a path', refusedFor('path', [{ path: 'macs', message: 'is wrong' }])],
  ['other refusals', refusedFor('body', [{ path: 'macs', message: 'is wrong' }], 'MacTaken')],
  ['what says no fields', refusedFor('body', undefined)],
  ['what is no refusal', new Error('a bug')],
])('%s are thrown as they are', async (_what, failure) => {
  await expect(told(failure)).rejects.toBe(failure)
})

test('an answer is the answer', async () => {
  expect(await inWordsOfOptions(OPTION_OF, Promise.resolve(7))).toBe(7)
})
