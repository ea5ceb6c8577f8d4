// `zoneflash rules set|show|test|history|files|put|rm` against a listening server.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve, type Served } from '#test/server/served.ts'

const main = path.resolve(import.meta.dirname, '../../cli/main.ts')
let served: Served
let directory: string

beforeAll(async () => {
  served = await serve()
  directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-rules-'))
  await mkdir(path.join(directory, 'prof'))
  await put('rules', 'memsize 1-2 - prof/small -\nhostname h1 fin.sh prof/small finish\n')
  await put('prof/small', 'install_type initial_install\ncluster SUNWCreq\n')
  await put('fin.sh', '#!/bin/sh\n', 0o755)
  await served.call('POST', '/api/v1/hosts', { as: 'operator', body: { name: 'h1' } })
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await served[Symbol.asyncDispose]()
})

const put = (name: string, text: string, mode = 0o644) =>
  writeFile(path.join(directory, name), text, { mode })

interface Ran {
  status: number
  stdout: string
  stderr: string
}

function rules(...args: string[]): Promise<Ran> {
  const env = { ...process.env, ZONEFLASH_SERVER: served.url, ZONEFLASH_TOKEN: served.secrets.publisher }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'rules', ...args], { env }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

test('from nothing to rules of one’s own, and back', async () => {
  expect(await rules('test', 'h1')).toEqual({
    status: 0,
    stdout:
      'line    1  yes  any - begin profile finish\n                  yes any -: any host\nh1: line 1 wins: begin begin, profile profile, finish finish\n',
    stderr: 'nothing is stored: the rules of the server itself apply\n',
  })
  expect(await rules('show')).toMatchObject({
    stdout: 'any - begin profile finish\n',
    stderr: 'nothing is stored: these are the rules of the server itself\n',
  })
  expect(await rules('set', path.join(directory, 'rules'), '--why', 'the first')).toEqual({
    status: 0,
    stdout: 'revision 1 is set\n',
    stderr: '',
  })
  expect((await rules('files')).stdout).toBe('MODE  SIZE  PATH\n0755  10    fin.sh\n0644  46    prof/small\n')
  expect((await rules('test', 'h1')).stdout).toBe(
    [
      'line    1  ?    memsize 1-2 - prof/small -',
      '                  ?   memsize 1-2: the record of the host does not have the fact memory',
      'line    2  yes  hostname h1 fin.sh prof/small finish',
      '                  yes hostname h1: the host has "h1"',
      'undecided: line 1; the client knows more than the record of the host',
      'h1: line 2 wins: begin fin.sh, profile prof/small, finish finish',
      '',
    ].join('\n'),
  )
  expect((await rules('show', '--ok')).stdout).toMatch(/^memsize 1-2 .*\n# version=2 checksum=\d+\n$/s)
})

test('what breaks a host is refused with its name and the way out; --force does it', async () => {
  await put('other', 'hostname h2 - prof/small -\n')
  const other = path.join(directory, 'other')
  expect(await rules('set', other)).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^zoneflash: 1 host .*: h1 \(no rule matches\); expected none, or force \(HostsWouldBreak\)\n {2}`zoneflash rules test HOST --rules FILE`/,
    ),
  })
  expect(await rules('test', 'h1', '--rules', other)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining(
      'no  hostname h2: the host has "h1"\nh1: no rule wins: the client waits for a key, then asks its questions\n',
    ),
    stderr: expect.stringContaining('h1 would not be installed: no rule matches (NotInstalled)'),
  })
  expect(await rules('rm', 'prof/small')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('profile "prof/small" is missing'),
  })
  expect((await rules('set', other, '--force')).stdout).toBe(
    'h1 would not be installed: no rule matches\nrevision 2 is set\n',
  )
  expect(await rules('set', path.join(directory, 'rules'), '--expect', '1')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('(JumpStartChanged)'),
  })
  expect((await rules('show', '--revision', '1')).stdout).toContain('hostname h1')
  expect((await rules('history')).stdout).toMatch(
    /^REVISION {2}AT +BY +WHY\n2 .*the-publisher {2}-\n1 .*the-publisher {2}the first\n$/,
  )
})

test('files come and go by themselves', async () => {
  await put('prof/more', 'install_type upgrade\n')
  expect((await rules('put', 'prof/more', '--dir', directory)).stdout).toBe('revision 3 is set\n')
  expect((await rules('files', 'prof/more')).stdout).toBe('install_type upgrade\n')
  expect((await rules('rm', 'prof/more')).stdout).toBe('revision 4 is set\n')
  expect(await rules('put', '/etc/passwd')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('expected a path relative to the JumpStart directory (InvalidPath)'),
  })
})

test('a host can be tested without any server', async () => {
  await put('h7.yaml', 'arch: sun4u\naddresses: [192.0.2.7]\nfacts: { memory: "2" }\n')
  const env = { PATH: process.env['PATH'] ?? '' }
  const here = ['rules', 'test', 'h7', '--rules', path.join(directory, 'rules'), '--facts']
  const run = (facts: string) =>
    new Promise<Ran>((resolve) => {
      execFile(process.execPath, [main, ...here, facts, '--json'], { env }, (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      )
    })
  const { status, stdout } = await run(path.join(directory, 'h7.yaml'))
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ host: 'h7', winner: { line: 1, profile: 'prof/small' } })
  await put('bad.yaml', 'facts: { disks: big }\n')
  expect((await run(path.join(directory, 'bad.yaml'))).stderr).toContain(
    'the fact disks is \\"big\\", expected DISK=MB',
  )
})
