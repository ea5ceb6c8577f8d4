import { beforeEach, describe, expect, test } from 'vitest'
import { matchHost } from '#app/jumpstart/match-host.ts'
import { latestRevision } from '#app/jumpstart/revisions.ts'
import { setRules, type DirectoryChange } from '#app/jumpstart/set-rules.ts'
import { Host } from '#core/host.ts'
import { Profile } from '#core/profile.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryHostRegistry } from '#test/fakes/memory-host-registry.ts'
import { MemoryJumpStartStore } from '#test/fakes/memory-jumpstart-store.ts'
import { MemoryProfileStore } from '#test/fakes/memory-profile-store.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'

const GOOD = { text: 'install_type upgrade\n', mode: 0o644 }
const BAD = { text: 'install_type upgrade\npool rpool auto auto auto any\n', mode: 0o644 }

let site: ReturnType<typeof newSite>
const newSite = () => ({
  jumpstart: new MemoryJumpStartStore(),
  hosts: new MemoryHostRegistry(new MemoryZoneRegistry()),
  profiles: new MemoryProfileStore(),
  audit: new MemoryAuditLog(),
})
beforeEach(() => {
  site = newSite()
})

const set = (change: Partial<DirectoryChange>) => setRules({ actor: 'ann', force: false, ...change }, site)
const addHost = (name: string, fields: object = {}) => site.hosts.add(Host.parse({ name, ...fields }))
const fault = async (host: string) => (await matchHost({ host }, site)).outcome.fault

test('a revision is read and checked once, while one asks for it again', async () => {
  await site.jumpstart.put(
    0,
    { rules: 'any - - prof/a -\n', files: { 'prof/a': GOOD } },
    { actor: 'ann', why: undefined },
  )
  await addHost('h1')
  const first = await matchHost({ host: 'h1' }, site)
  const second = await matchHost({ host: 'h1' }, site)
  expect(second.checked).toBe(first.checked)
  await set({ rules: 'hostname h1 - prof/a -\n' })
  const third = await matchHost({ host: 'h1' }, site)
  expect(third.directory.revision).toBe(2)
  expect(third.match.rules[0]?.rule.terms[0]?.keyword).toBe('hostname')
  // another store of the same process has revisions of its own
  const other = { ...site, jumpstart: new MemoryJumpStartStore() }
  expect((await matchHost({ host: 'h1' }, other)).directory.revision).toBe(0)
})

describe('while nothing is stored', () => {
  test('every host gets what the server renders', async () => {
    await addHost('h1')
    const { directory, match, outcome } = await matchHost({ host: 'h1' }, site)
    expect(directory).toEqual({ revision: 0, rules: 'any - begin profile finish\n', files: {} })
    expect(match.winner).toMatchObject({ begin: 'begin', profile: 'profile', finish: 'finish' })
    expect(outcome.fault ?? outcome.doubt).toBeUndefined()
  })

  test('an install profile that names words of the client is written by the begin script', async () => {
    const installProfile = 'install_type initial_install\npool rpool auto auto auto $SI_ROOTDISK\n'
    await site.profiles.set(
      Profile.parse({
        name: 'js',
        sysid: { rootPassword: 'NP' },
        zones: [{ name: 'web01', template: 'web@stable' }],
        jumpstart: { installProfile },
      }),
    )
    await addHost('h1', { profile: 'js' })
    const { directory, match } = await matchHost({ host: 'h1' }, site)
    expect(directory).toMatchObject({ revision: 0, rules: expect.stringContaining('probe rootdisk\n') })
    expect(match.winner).toMatchObject({ begin: 'begin', profile: '=', finish: 'finish' })
  })

  test('the first rules may leave out hosts that JumpStart does not install, and no others', async () => {
    const sysid = { rootPassword: 'NP' }
    const zones = [{ name: 'web01', template: 'web@stable' }]
    await site.profiles.set(Profile.parse({ name: 'plain', sysid, zones }))
    await site.profiles.set(Profile.parse({ name: 'js', sysid, zones, jumpstart: {} }))
    await addHost('h1', { profile: 'plain' })
    await addHost('h2')
    const rules = 'hostname h9 begin profile finish\n'
    expect(await set({ rules })).toMatchObject({ directory: { revision: 1 }, broken: [] })
    site.jumpstart = new MemoryJumpStartStore()
    await addHost('h3', { profile: 'js' })
    await expect(set({ rules })).rejects.toMatchObject({
      code: 'HostsWouldBreak',
      kind: 'conflict',
      message:
        '1 host that rules match today would not be installed: h3 (no rule matches); expected none, or force',
    })
    expect(await latestRevision(site.jumpstart)).toBeUndefined()
  })
})

describe('a change that breaks a host that matches today is refused', () => {
  beforeEach(async () => {
    for (const name of ['h1', 'h2']) await addHost(name)
    await set({ rules: 'hostname h1 - p/a -\nhostname h2 - p/a -\n', files: { 'p/a': GOOD } })
  })

  const refusedFor = (hosts: string[]) => ({
    code: 'HostsWouldBreak',
    details: { hosts: hosts.map((host) => expect.objectContaining({ host })) },
  })

  test('when no rule is left for it', async () => {
    await expect(set({ rules: 'hostname h1 - p/a -\n' })).rejects.toMatchObject(refusedFor(['h2']))
    expect(await fault('h2')).toBeUndefined()
  })

  test('when only rules are left that nobody can decide', async () => {
    const rules = 'hostname h1 - p/a -\nmemsize 1-2 - p/a -\n'
    await expect(set({ rules })).rejects.toMatchObject(refusedFor(['h2']))
  })

  test('when a rule that may win before names a file that is not there, as a forced change says', async () => {
    const rules = 'memsize 1-2 - gone -\nany - - p/a -\n'
    expect((await set({ rules, force: true })).broken).toEqual([
      { host: 'h1', why: expect.stringMatching(/^line 1: profile "gone" is missing/) },
      { host: 'h2', why: expect.stringMatching(/^line 1: profile "gone" is missing/) },
    ])
  })

  test('unless it is forced; who did it, and whom it broke, is in the audit log', async () => {
    const { broken, directory } = await set({
      rules: 'hostname h1 - p/a -\n',
      force: true,
      why: 'h2 is gone',
    })
    expect(directory.revision).toBe(2)
    expect(broken).toEqual([{ host: 'h2', why: 'no rule matches' }])
    expect((await site.audit.list(1))[0]).toMatchObject({
      actor: 'ann',
      action: 'jumpstart.set',
      subject: 'revision 2',
      details: { why: 'h2 is gone', rules: true, forced: true, broken: ['h2'] },
    })
  })

  test('a host whose installer would ask its questions is broken', async () => {
    await expect(set({ rules: 'any - - - -\n' })).rejects.toMatchObject({
      code: 'HostsWouldBreak',
      message: expect.stringContaining('line 1: its profile is -') as string,
    })
  })

  test('but a host that was broken before may stay so', async () => {
    await set({ rules: 'hostname h1 - p/a -\n', force: true })
    expect(await set({ rules: '# only h1\nhostname h1 - p/a -\n' })).toMatchObject({ broken: [] })
  })

  test('a host that another rule takes is not broken', async () => {
    expect(await set({ rules: 'any - - p/a -\n' })).toMatchObject({ broken: [], directory: { revision: 2 } })
  })
})

describe('files', () => {
  beforeEach(() => set({ rules: 'any - - p/a -\n', files: { 'p/a': GOOD } }))

  test('that are missing or wrong are refused unless forced', async () => {
    const missing = /rules:1: profile "p\/a" is missing, expected a file of the JumpStart directory/
    await expect(set({ files: { 'p/a': null } })).rejects.toMatchObject({
      code: 'RulesInvalid',
      message: expect.stringMatching(missing),
    })
    await expect(set({ files: { 'p/a': BAD } })).rejects.toMatchObject({
      code: 'RulesInvalid',
      message: expect.stringMatching(/^p\/a:2: pool is not legal with install_type upgrade/),
    })
    await addHost('h1')
    expect(await set({ files: { 'p/a': BAD }, force: true })).toMatchObject({
      broken: [{ host: 'h1', why: expect.stringMatching(/^line 1: profile "p\/a" is wrong, line 2: pool/) }],
    })
    expect(await fault('h1')).toMatch(/is wrong, line 2/)
  })

  test('change alone: the rules stay, and what is the same makes no revision', async () => {
    const { directory } = await set({ files: { extra: GOOD } })
    expect(directory).toMatchObject({
      revision: 2,
      rules: 'any - - p/a -\n',
      files: { extra: GOOD, 'p/a': GOOD },
    })
    expect(await set({ files: { extra: GOOD }, rules: 'any - - p/a -\n' })).toMatchObject({
      unchanged: true,
      directory: { revision: 2 },
    })
    expect(await site.jumpstart.list(10)).toHaveLength(2)
  })

  test('are not there beside a directory of the same name', async () => {
    await expect(set({ files: { p: GOOD } })).rejects.toMatchObject({
      code: 'RulesInvalid',
      message: 'the file "p" is there and "p/a" below it, expected one of the two',
    })
  })

  test('have a limit together', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 17 }, (_, number) => [`f${number}`, { text: 'x'.repeat(1024 ** 2), mode: 0o644 }]),
    )
    await expect(set({ files })).rejects.toMatchObject({ code: 'DirectoryTooBig', kind: 'too-large' })
  })
})

test('rules that cannot be read are never stored, forced or not; CR LF becomes LF', async () => {
  for (const force of [true, false])
    await expect(set({ rules: 'nope\n', force })).rejects.toMatchObject({
      code: 'RulesInvalid',
      details: { problems: [{ line: 1, severity: 'error' }] },
    })
  const { directory, problems } = await set({ rules: '# a\r\nany - begin profile finish' })
  expect(directory.rules).toBe('# a\nany - begin profile finish\n')
  expect(problems).toHaveLength(2)
})

test('whoever looked at another revision is refused', async () => {
  await set({ rules: 'any - begin profile finish\n' })
  await expect(set({ rules: 'any - - profile -\n', expected: 0 })).rejects.toMatchObject({
    code: 'JumpStartChanged',
  })
  expect(await set({ rules: 'any - - profile -\n', expected: 1 })).toMatchObject({
    directory: { revision: 2 },
  })
})

test('changes of several people at once are all there in the end', async () => {
  const names = ['a', 'b', 'c', 'd']
  await Promise.all(names.map((name) => set({ files: { [name]: GOOD } })))
  const latest = await latestRevision(site.jumpstart)
  expect(latest).toMatchObject({ revision: 4 })
  expect(Object.keys(latest?.files ?? {})).toEqual(names)
})

test('ten thousand rules and a hundred hosts are compared', async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, number) => `hostname h${number} && ! memsize 1-2 - begin -\n`,
  )
  const rules = lines.join('').replaceAll(' begin -', ' profile -')
  for (let number = 0; number < 100; number += 1)
    await addHost(`h${9_900 + number}`, { facts: { memory: '4' } })
  await set({ rules })
  await expect(set({ rules: rules.replaceAll('! memsize', 'memsize') })).rejects.toMatchObject({
    code: 'HostsWouldBreak',
    message: expect.stringMatching(/^100 hosts .* and 90 more; expected none, or force$/),
  })
})
