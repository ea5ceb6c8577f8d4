import { expect, test, vi } from 'vitest'
import { BuildLog } from '#app/build/build-log.ts'
import { MAX_LOG_BYTES } from '#core/build/log-limits.ts'
import { maskLog } from '#core/build/mask-log.ts'
import { splitText } from '#core/build/split-text.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { newBuild } from '#test/fixtures/new-build.ts'

async function openLog(secrets: string[] = []) {
  const builds = new MemoryBuildStore()
  const { id } = await builds.create(newBuild())
  const log = new BuildLog(builds, { id, step: 'customize', secrets })
  return { builds, id, log, text: async () => (await builds.log(id)).map((line) => line.text).join('') }
}

test('what is said is written in whole lines, our own begin a line', async () => {
  const { log, text } = await openLog()
  log.write('half ')
  log.write('a line\nanother')
  log.say('== ours')
  log.write('open')
  await log.flush()
  expect(await text()).toBe('half a line\nanother\n== ours\n')
  await log.close()
  expect(await text()).toBe('half a line\nanother\n== ours\nopen\n')
})

test('hashes and the root password are hidden, also when they arrive in pieces', async () => {
  const { log, text } = await openLog(['secret-hash'])
  for (const piece of [
    'root_password=',
    "'$5$goldenzn",
    "$hashofit'\nroot:aBcDeFgHiJkLm:",
    '6445::::::\nsecret',
    '-hash\n',
  ])
    log.write(piece)
  await log.close()
  expect(await text()).toBe('root_password=****\nroot:****:6445::::::\n****\n')
})

test('ordinary words are left as they are', () => {
  const plain = 'cost is $5 for $10$ and a:b:c\nroot:NP:6445::::::\nlp:*LK*:::::::\ndrwxr-xr-x 2 root:sys\n'
  expect(maskLog(plain)).toBe(plain)
  expect(maskLog('x $6$salt$0123456789abcdef y')).toBe('x **** y')
})

test('of a gigabyte the beginning and the end are kept, and how much is missing is said', async () => {
  const { log, text } = await openLog()
  const block = 'a line that a script says again and again\n'.repeat(1600)
  for (let said = 0; said < MAX_LOG_BYTES * 3; said += block.length) {
    log.write(block)
    if (said % (block.length * 8) === 0) await log.flush()
  }
  log.write('the last words\n')
  await log.close()
  const all = await text()
  expect(all.length).toBeLessThan(MAX_LOG_BYTES + 64 * 1024)
  expect(all).toMatch(/\n\[\d+ characters are left out; this is the end of them\]\na line/)
  expect(all.endsWith('the last words\n')).toBe(true)
})

test('the end of a flood is there once, without empty lines, however often the log is closed', async () => {
  const { log, text } = await openLog()
  const block = 'a line\n'.repeat(10_000)
  for (let said = 0; said < MAX_LOG_BYTES * 2; said += block.length) {
    log.write(`${block}open `)
    await log.flush()
  }
  log.write('end')
  log.say('== failed')
  log.say('== stopped')
  await log.close()
  log.say('== told')
  await log.close()
  const all = await text()
  expect(all.split('characters are left out')).toHaveLength(2)
  expect(all.endsWith('a line\nopen end\n== failed\n== stopped\n== told\n')).toBe(true)
  expect(all).not.toContain('\n\n')
})

test('a database that is away for a while loses no line', async () => {
  const { log, builds, text } = await openLog()
  const append = vi.spyOn(builds, 'appendLog').mockRejectedValueOnce(new Error('Connection terminated'))
  log.say('first')
  await log.flush()
  log.say('second')
  await log.flush()
  expect(append).toHaveBeenCalledTimes(2)
  expect(await text()).toBe('first\nsecond\n')
  await log.close()
})

test('text is cut behind lines, and never through a character', () => {
  for (const text of ['ä'.repeat(100), '😀'.repeat(50), 'line\n'.repeat(30), '', 'x'.repeat(31)]) {
    const pieces = splitText(text, 30)
    expect(pieces.join('')).toBe(text)
    for (const piece of pieces) {
      expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(30)
      expect(piece.isWellFormed()).toBe(true)
    }
  }
})
