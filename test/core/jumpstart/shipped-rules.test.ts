// profiles/rules and what it names: the example that administrators begin with.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import { checkDirectory, namedFiles } from '#core/jumpstart/check-directory.ts'
import { factsOf } from '#core/jumpstart/facts.ts'
import { checkInstallProfile } from '#core/jumpstart/install-profile/check.ts'
import { wordsOf } from '#core/jumpstart/install-profile/profile.ts'
import { outcomeFor } from '#core/jumpstart/outcome.ts'
import { explainMatch, renderHostRules } from '#core/jumpstart/rules/explain.ts'
import { matchRules } from '#core/jumpstart/rules/match.ts'
import { parseRules } from '#core/jumpstart/rules/parse.ts'
import { renderRulesOk } from '#core/jumpstart/rules/rules-ok.ts'

const directory = path.resolve(import.meta.dirname, '../../../profiles')
const rules = readFileSync(path.join(directory, 'rules'))
const names = parseRules(rules).rules.flatMap((line) =>
  line.kind === 'rule' ? namedFiles(line).map(([, name]) => name) : [],
)
const files = Object.fromEntries(
  names.map((name) => {
    const file = path.join(directory, name)
    return [name, { text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 }]
  }),
)
const checked = checkDirectory(rules, files)

test('nothing is wrong with it, and nothing unwise', () => {
  expect(checked.problems).toEqual([])
  expect(Object.keys(files)).toHaveLength(3)
})

test('its begin script writes an install profile that is right', async () => {
  const written = path.join(await mkdtemp(path.join(tmpdir(), 'zoneflash-begin-')), 'install.input')
  execFileSync('sh', [path.join(directory, 'jumpstart/first-disk')], {
    env: { PATH: process.env['PATH'], SI_ROOTDISK: 'c0t3d0s0', SI_PROFILE: written },
  })
  const { profile, problems } = checkInstallProfile(readFileSync(written))
  rmSync(path.dirname(written), { recursive: true })
  expect(problems).toEqual([])
  expect(wordsOf(profile, 'pool')?.at(-1)).toBe('c0t3d0s0')
})

test('clients read it so', async () => {
  await expect(renderRulesOk(checked.rules)).toMatchFileSnapshot(
    '../../fixtures/golden/jumpstart/shipped-rules.ok',
  )
})

test('hosts of every kind are told which rule they get, and why', async () => {
  const hosts = [
    { name: 'demo-host' },
    { name: 'big', arch: 'sun4v', facts: { memory: '65536', model: 'SUNW,Sun-Fire-T200' } },
    { name: 'old', arch: 'sun4u', facts: { memory: '16384', model: 'SUNW,Ultra-2' } },
    { name: 'near', addresses: ['192.0.2.9'], networks: ['192.0.2.0/24'] },
    {
      name: 'far',
      addresses: ['198.51.100.9'],
      networks: ['198.51.100.0/24'],
      facts: { disks: 'c0t0d0=40000' },
    },
    { name: 'unknown' },
  ]
  const told = hosts.map((host) => {
    const facts = factsOf(Host.parse(host))
    return renderHostRules(
      explainMatch(host.name, matchRules(checked.rules, facts), outcomeFor(checked, facts)),
    )
  })
  await expect(told.join('\n')).toMatchFileSnapshot('../../fixtures/golden/jumpstart/shipped-rules.txt')
})
