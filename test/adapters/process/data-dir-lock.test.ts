import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockDataDir, lockHolder } from '#adapters/process/data-dir-lock.ts'

const TAKER = path.resolve(import.meta.dirname, '../../fixtures/lock-taker.ts')

function makeDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-test-lock-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a directory is held until it is released', () => {
  const directory = makeDirectory()
  const lock = lockDataDir(directory)
  expect(lockHolder(directory)).toBe(process.pid)
  expect(() => lockDataDir(directory)).toThrow(`is in use by process ${process.pid}`)
  lock.release()
  expect(lockHolder(directory)).toBeUndefined()
  lockDataDir(directory).release()
  expect(readdirSync(directory)).toEqual([])
})

test('what a dead holder, a reused pid or a torn write left behind holds nothing', () => {
  for (const left of [
    '{"pid":999999999,"start":"1"}\n',
    `{"pid":${process.pid},"start":"1"}\n`,
    '{"pid":',
    '',
  ]) {
    const directory = makeDirectory()
    writeFileSync(path.join(directory, 'zoneflash.pid'), left)
    expect(lockHolder(directory), JSON.stringify(left)).toBeUndefined()
    lockDataDir(directory).release()
    expect(readdirSync(directory)).toEqual([])
  }
})

test('of many that take over from a dead holder at once one gets the directory', async () => {
  const directory = makeDirectory()
  writeFileSync(path.join(directory, 'zoneflash.pid'), '{"pid":999999999,"start":"1"}\n')
  const takers = Array.from({ length: 6 }, () => fork(TAKER, [directory], { execArgv: [] }))
  onTestFinished(() => takers.forEach((taker) => void taker.kill('SIGKILL')))
  await Promise.all(takers.map((taker) => once(taker, 'message')))
  const outcomes = takers.map(async (taker) => {
    const [outcome] = (await once(taker, 'message')) as [string]
    return outcome
  })
  for (const taker of takers) taker.send('go')
  expect((await Promise.all(outcomes)).toSorted()).toEqual([...Array(5).fill('DataDirInUse'), 'taken'])
})
