import { expect, test } from 'vitest'
import { checkDirectory } from '#core/jumpstart/check-directory.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'

const plain = (text: string) => ({ text, mode: 0o644 })
const script = { text: '#!/bin/sh\n', mode: 0o755 }
const told = (rules: string, files: Parameters<typeof checkDirectory>[1]) =>
  checkDirectory(rules, files).problems.map(renderJumpStartProblem)

test('rules come first, then each wrong profile once, by name', () => {
  const rules = 'hostname a b/x p/z f/y\nhostname b - p/z -\nhostname c b/x p/a -\nany - - p/ok -\n'
  const files = {
    'p/z': plain('cluster SUNWCreq\n'),
    'p/a': plain('install_type new\n'),
    'p/ok': plain('install_type upgrade\n'),
    'b/x': script,
    'p/never': plain('nonsense\n'),
  }
  expect(told(rules, files)).toEqual([
    'rules:1: finish script "f/y" is missing, expected a file of the JumpStart directory',
    expect.stringMatching(/^p\/a:1: install_type: install_type is "new"/),
    expect.stringMatching(/^p\/z:1: the first keyword is "cluster"/),
  ])
  expect([...checkDirectory(rules, files).brokenRules]).toEqual([
    [1, expect.stringMatching(/^profile "p\/z" is wrong, line 1: the first keyword/)],
    [2, expect.stringMatching(/^profile "p\/z" is wrong, line 1: the first keyword/)],
    [3, expect.stringMatching(/^profile "p\/a" is wrong, line 1/)],
  ])
})

test('what the server renders is no file', () => {
  expect(told('any - begin profile finish\n', {})).toEqual([])
  expect(told('any - begin = finish\n', {})).toEqual([])
})

test('names of JavaScript are no files', () => {
  expect(told('any - constructor toString valueOf\n', {})).toHaveLength(3)
})

test('a script that cannot be run is told once', () => {
  const files = { go: plain('#!/bin/sh\n'), 'p/ok': plain('install_type upgrade\n') }
  expect(told('hostname a go p/ok go\nany - go p/ok -\n', files)).toEqual([
    'rules:1: warning: begin script "go" has mode 0644, expected 0755: chmod +x',
  ])
})

test('custom_probes says which keywords there are', () => {
  const rules = 'probe zip\nzip 12345 - p/ok -\n'
  const files = { 'p/ok': plain('install_type upgrade\n') }
  expect(told(rules, files)).toHaveLength(2)
  expect(told(rules, { ...files, custom_probes: plain('probe_zip() { :; }\ncmp_zip() { :; }\n') })).toEqual(
    [],
  )
})
