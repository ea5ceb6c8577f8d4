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
  expect(cli(['rules', 'check'], rules)).toMatchObject({
    ...ok,
    stderr: 'note: files that the rules name were not looked for: --dir DIRECTORY says where they are\n',
  })
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
  const unread = cli(['rules', 'check'], 'any - - gone -\n')
  expect(unread).toMatchObject({ status: 0, stderr: expect.stringContaining('were not looked for') })
  expect(cli(['rules', 'check'], 'any - - profile finish\n').stderr).toBe('')
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

test('profile check names what is wrong in every file', () => {
  const misspelt = put('misspelt', 'instal_type initial_install\ncluster SUNWCreq\n')
  const colon = put('colon', 'install_type: initial_install\ncluster SUNWCreq\n')
  const broken = put('broken.yaml', 'name: [web\nzones: 1\n')
  const { status, stdout, stderr } = cli([
    'profile',
    'check',
    misspelt,
    path.join(directory, 'prof/good'),
    colon,
    broken,
    path.join(directory, 'gone'),
  ])
  expect({ status, stdout }).toEqual({ status: 1, stdout: `${path.join(directory, 'prof/good')}: ok\n` })
  const lines = stderr.split('\n')
  expect(lines).toContain(
    `zoneflash: ${misspelt}:1: the first keyword is "instal_type", expected install_type`,
  )
  expect(lines).toContain(`${colon}:1: the first keyword is "install_type:", expected install_type`)
  expect(lines).toContainEqual(
    expect.stringMatching(/broken\.yaml is not YAML: [a-z].* at line 2, column \d+$/),
  )
  expect(lines).toContainEqual(expect.stringMatching(/gone.*\(InvalidProfile\)$/))
  expect(stderr).toContain('4 files are wrong')
})

test('Latin-1 in comments is a warning, elsewhere the character is told', () => {
  const text = 'install_type upgrade\n# caf\xe9\n'
  const comment = put('prof/latin1', Buffer.from(text, 'latin1'))
  const warning = `${comment}:2: warning: not UTF-8, read as ISO 8859-1 (Latin-1)\n`
  expect(cli(['profile', 'check', comment])).toMatchObject({
    status: 0,
    stdout: `${comment}: ok\n`,
    stderr: warning,
  })
  const rules = put('latin1', 'any - - prof/latin1 -\n')
  expect(cli(['rules', 'check', rules])).toMatchObject({
    status: 0,
    stdout: 'The custom JumpStart configuration is ok\n',
    stderr: `${comment}: warning: not UTF-8, read as ISO 8859-1 (Latin-1)\n`,
  })
  const word = put('prof/word', Buffer.from('install_type upgrade\npackage caf\xe9 add\n', 'latin1'))
  expect(cli(['profile', 'check', word])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('the character U+00E9'),
  })
  put('prof/elf', Buffer.from('\x7fELF\0\xff', 'latin1'))
  expect(cli(['rules', 'check', put('binary', 'any - prof/elf prof/good -\n')])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('(FileNoText)'),
  })
})

test('a host that nothing installs is said so in one line, with the reason', () => {
  const facts = put('h1.yaml', 'arch: i86pc\n')
  const rules = put('none', 'hostname other - prof/good -\n')
  const { status, stderr } = cli(['rules', 'test', 'h1', '--facts', facts, '--rules', rules])
  expect({ status, first: stderr.split('\n')[0] }).toEqual({
    status: 1,
    first: 'zoneflash: h1 would not be installed: no rule matches (NotInstalled)',
  })
  const broken = cli(['rules', 'test', 'h1', '--facts', put('bad.yaml', 'a: [b\nc: d\n'), '--rules', rules])
  expect(broken.stderr).toMatch(
    /bad\.yaml is neither YAML nor JSON: .* at line 2, column \d+ \(InvalidHost\)\n/,
  )
})
