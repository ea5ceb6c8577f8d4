// Which server a command goes to when the environment does not say.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readClientSettings } from '../../cli/settings.ts'

const main = path.resolve(import.meta.dirname, '../../cli/main.ts')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'zoneflash-use-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const environment = (more: Record<string, string> = {}) => ({
  PATH: process.env['PATH'],
  XDG_CONFIG_HOME: path.join(folder, 'config'),
  ZONEFLASH_DATA: path.join(folder, 'data'),
  ...more,
})

function use(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'use', ...args], { env: environment() }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

describe('zoneflash use', () => {
  test('names the server and its token for the commands that follow, until it is forgotten', async () => {
    const tokenFile = path.join(folder, 'token')
    writeFileSync(tokenFile, 'zf_secret\n')
    const named = await use('http://192.0.2.1:7070/', '--token-file', tokenFile)
    expect(named).toEqual({ status: 0, stdout: 'commands go to http://192.0.2.1:7070\n', stderr: '' })
    expect(readClientSettings(environment())).toEqual({ server: 'http://192.0.2.1:7070', token: 'zf_secret' })
    expect(readFileSync(path.join(folder, 'config/zoneflash/server.json'), 'utf8')).not.toContain('zf_secret')
    expect((await use('--forget')).stdout).toBe('commands go to http://127.0.0.1:7070, without a token\n')
  })

  test('gives way to the environment', async () => {
    await use('http://192.0.2.1:7070')
    const env = environment({ ZONEFLASH_SERVER: 'http://192.0.2.2:1', ZONEFLASH_TOKEN: 'zf_other' })
    expect(readClientSettings(env)).toEqual({ server: 'http://192.0.2.2:1', token: 'zf_other' })
  })

  test('refuses what is no URL, a token file that is not there, and a file that it did not write', async () => {
    expect(await use('ftp://192.0.2.1')).toMatchObject({ status: 2, stdout: '' })
    const missing = await use('http://192.0.2.1', '--token-file', path.join(folder, 'none'))
    expect(missing.stderr).toContain('expected a file that can be read')
    mkdirSync(path.join(folder, 'config/zoneflash'), { recursive: true })
    writeFileSync(path.join(folder, 'config/zoneflash/server.json'), '{"server":1}')
    const spoiled = await use()
    expect(spoiled.status).toBe(2)
    expect(spoiled.stderr).toContain('does not name a server')
  })
})
