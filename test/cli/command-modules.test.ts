// What is loaded for a command line: the help shows every command, a command only needs its own module.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const main = path.resolve('cli/zoneflash.mjs')
const zoneflash = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

test('the help names every command, also those whose modules another command does not load', () => {
  const { status, stdout } = zoneflash('--help')
  expect(status).toBe(0)
  const names = [...stdout.matchAll(/^ {2}([a-z]+)\b.* {2}\S/gm)].map(([, name]) => name)
  expect(names.join(' ')).toBe(
    'up serve work config doctor template host build zone profile recipe rules schedule gc stream flar use token audit help',
  )
})

test('a misspelt command is answered with the one that was meant', () => {
  const { status, stderr } = zoneflash('hosst', 'list')
  expect(status).toBe(2)
  expect(stderr).toContain("unknown command 'hosst'")
  expect(stderr).toContain('Did you mean host?')
})

test.each(['--version', '-V'])('%s is that of package.json', (option) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(zoneflash(option)).toMatchObject({ status: 0, stdout: `${version}\n` })
})

test.each(['', '/proc', '/nonexistent/home'])('a user whose home is "%s" is served as well', (HOME) => {
  const env = { PATH: process.env['PATH'], HOME }
  const { status } = spawnSync(process.execPath, [main, '--version'], { env, cwd: '/proc', timeout: 20_000 })
  expect(status).toBe(0)
})
