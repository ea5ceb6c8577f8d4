// `zoneflash rules check` and `zoneflash profile check` of install profiles need no server.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
let directory: string

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-rules-'))
  mkdirSync(path.join(directory, 'prof'))
  put('prof/good', 'install_type upgrade\n')
  put('prof/bad', 'install_type upgrade\npool rpool auto auto auto any\n')
  put('begin.sh', '#!/bin/sh\n', 0o755)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const put = (name: string, text: string | Uint8Array, mode = 0o644) => {
  writeFileSync(path.join(directory, name), text, { mode })
  return path.join(directory, name)
}
const cli = (args: readonly string[], input: string | Uint8Array = '') =>
  spawnSync(process.execPath, [path.join(root, 'cli/main.ts'), ...args], {
    encoding: 'utf8',
    input,
    env: { PATH: process.env['PATH'] ?? '' },
  })

test('the rules that are shipped are ok, from stdin and with the files they name', () => {
  const rules = readFileSync(path.join(root, 'profiles/rules'))
  const ok = { status: 0, stdout: 'The custom JumpStart configuration is ok\n', stderr: '' }
  expect(cli(['rules', 'check'], rules)).toMatchObject(ok)
  expect(cli(['rules', 'check', path.join(root, 'profiles/rules')])).toMatchObject(ok)
})

test('each problem has a line of its own, files are those beside the rules, profiles are checked once', () => {
  const rules = put(
    'rules',
    'hostname a begin.sh prof/bad gone\nhostname b - prof/bad -\nany - - prof/good -',
  )
  const { status, stdout, stderr } = cli(['rules', 'check', rules])
  expect({ status, lines: stdout.split('\n') }).toEqual({
    status: 1,
    lines: [
      `${rules}:1: finish script "gone" is missing, expected a file of the JumpStart directory`,
      expect.stringMatching(/:3: warning: the last line has no newline/),
      'prof/bad:2: pool is not legal with install_type upgrade, expected initial_install or flash_install',
      '',
    ],
  })
  expect(stderr).toContain('2 errors (RulesInvalid)')
})

test('rules from stdin have files only with --dir; with --json the problems are data', () => {
  expect(cli(['rules', 'check'], 'any - - gone -\n').status).toBe(0)
  const { status, stdout } = cli(['rules', 'check', '--dir', directory, '--json'], 'any - - gone -\n')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    problems: [{ severity: 'error', file: 'rules', line: 1, message: expect.stringContaining('gone') }],
  })
})

test('Latin-1 with CR LF and no newline at its end is read, and said', () => {
  const { status, stdout } = cli(['rules', 'check'], Buffer.from('# B\xfcro\r\nany - - p/a -', 'latin1'))
  expect(status).toBe(0)
  expect(stdout.match(/^rules:\d+: warning: .*$/gm)).toHaveLength(3)
})

test('profile check takes install profiles beside profiles', () => {
  const good = path.join(directory, 'prof/good')
  expect(cli(['profile', 'check', good, path.join(root, 'profiles/demo.yaml')])).toMatchObject({
    status: 0,
    stdout: `${good}, demo: ok\n`,
  })
  const bad = cli(['profile', 'check', path.join(directory, 'prof/bad')])
  expect(bad.status).toBe(1)
  expect(bad.stderr).toContain('prof/bad:2: pool is not legal with install_type upgrade')
  const inYaml = put(
    'js.yaml',
    'name: js\nsysid: { rootPassword: NP }\nzones: [{ name: a, template: web@stable }]\njumpstart: { installProfile: "cluster SUNWCreq" }\n',
  )
  expect(cli(['profile', 'check', inYaml])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      'installProfile:1: the first keyword is "cluster", expected install_type',
    ),
  })
})
