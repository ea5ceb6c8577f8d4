import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HostFixture, personalStream, token } from './fixture.ts'
import { shellFamilies } from './shells.ts'

const isRoot = process.getuid?.() === 0
const identityFiles = ['etc/machine-id', 'etc/ssh/ssh_host_ed25519_key']

describe.skipIf(!isRoot)('zones by personal streams', { timeout: 180_000 }, () => {
  let host: HostFixture
  beforeAll(async () => {
    host = await HostFixture.open({ zfs: true, streams: true })
  })
  afterEach(() => host.startOver())
  afterAll(() => host.close())

  const reports = () => host.events.map(({ step, zone = '', state }) => `${zone} ${step} ${state}`.trim())
  const messageOf = (step: string, zone: string) =>
    host.events.findLast((event) => event.step === step && event.zone === zone)?.message

  test('are received, attached and booted; nobody attaches the flash zone', async () => {
    const { code, output } = await host.run()
    expect(code, output).toBe(0)
    expect(host.zoneStates()).toEqual({ web01: 'running', web02: 'running' })
    expect(reports()).toEqual([
      'install started',
      ...steps('', ['check']),
      ...steps('flashweb', ['fetch']),
      ...steps('web01', ['receive', 'configure', 'attach', 'identity', 'boot', 'wait', 'smoke']),
      ...steps('web02', ['receive', 'configure', 'attach', 'identity', 'boot', 'wait', 'smoke']),
      'flashweb detach started',
      'flashweb detach skipped',
      'install done',
    ])
    expect(messageOf('receive', 'web02')).toMatch(
      /^10\.0 KiB received in \d+\.\d s\na clone of tank\/\S+-zoneflash\/web@snap$/,
    )
    expect(host.commands().filter((line) => /^(zfs receive|zoneadm)/.test(line))).toEqual([
      expect.stringMatching(/^zfs receive -u tank\/\S+-zoneflash\/web_incoming$/),
      'zfs receive -u tank/zones/web01',
      'zoneadm -z web01 attach ',
      'zoneadm -z web01 boot ',
      'zfs receive -u tank/zones/web02',
      'zoneadm -z web02 attach ',
      'zoneadm -z web02 boot ',
    ])
    expect(host.commands().filter((line) => line.startsWith('  create'))).toEqual([
      '  create -a /disk/zones/web01',
      '  create -a /disk/zones/web02',
    ])
    expect(host.read('zones/web01/root/etc/hostname')).toBe('web01\n')
    for (const file of identityFiles) {
      const all = ['zoneflash/web', 'zones/web01', 'zones/web02'].map((zone) =>
        host.read(`${zone}/root/${file}`),
      )
      expect(new Set(all).size, file).toBe(3)
    }
    expect(statSync(path.join(host.disk, 'zones/web01')).mode & 0o7777).toBe(0o700)
    expect(readFileSync(path.join(host.base, 'log'), 'utf8')).not.toContain(token)
  })

  test('come to the same under shells of every family', async () => {
    const results = []
    for (const shell of shellFamilies) {
      const { code, output } = await host.run({ shell })
      expect(code, `${shell.join(' ')}: ${output}`).toBe(0)
      results.push({ tree: host.tree(), commands: host.commands(), zones: host.zoneStates() })
      host.startOver()
    }
    for (const result of results) expect(result).toEqual(results[0])
  })

  test('are left alone by a second run', async () => {
    await host.run()
    const before = { tree: host.tree(), commands: host.commands() }
    host.requests.length = 0
    expect((await host.run({ shell: ['mksh'] })).code).toBe(0)
    expect({ tree: host.tree(), commands: host.commands() }).toEqual(before)
    expect(host.requests.filter((request) => request.startsWith('GET'))).toEqual([])
  })

  test('killed while one of their steps runs, the next run comes to the same end', async () => {
    await host.run()
    const own = ['receive', 'configure', 'attach']
    const started = host.events.flatMap(({ state, zone, step }, index) =>
      state === 'started' && zone === 'web01' && own.includes(step) ? [index + 1] : [],
    )
    expect(started).toHaveLength(own.length)
    const expected = { tree: host.tree(), zones: host.zoneStates() }
    for (const [index, killAfter] of started.entries()) {
      host.startOver()
      const shell = shellFamilies[index % shellFamilies.length] ?? (['dash'] as const)
      expect((await host.run({ shell, killAfter })).code, `killed after report ${killAfter}`).toBe(null)
      const { code, output } = await host.run({ shell })
      expect(code, `after report ${killAfter}: ${output}`).toBe(0)
      expect({ tree: host.tree(), zones: host.zoneStates() }, `after report ${killAfter}`).toEqual(expected)
    }
  })

  test('a zone whose stream the server does not give is cloned, the other is not', async () => {
    host.answers.personal = (zone) => (zone === 'web01' ? undefined : personalStream(host.base, zone))
    const { code, output } = await host.run({ shell: ['ksh93'] })
    expect(code, output).toBe(0)
    expect(host.zoneStates()).toEqual({ flashweb: 'configured', web01: 'running', web02: 'running' })
    expect(reports().slice(5, 18)).toEqual([
      'web01 receive started',
      'web01 receive skipped',
      ...steps('flashweb', ['configure', 'attach']),
      ...steps('web01', ['configure', 'clone', 'identity']),
      'web01 sysidcfg started',
    ])
    expect(messageOf('receive', 'web01')).toMatch(
      /the server gave no stream\nno personal stream; web01 is cloned from flashweb$/,
    )
    expect(messageOf('receive', 'web02')).toContain('KiB received')
    expect(host.read('zones/web01/root/etc/hostname')).toBe('web01\n')
  })

  test.each([
    { what: 'broken', bytes: () => Buffer.from('no stream'), why: 'failed to read from stream' },
    {
      what: 'for another snapshot',
      bytes: (zone: string) => personalStream(host.base, zone, '78'),
      why: 'origin for clone does not exist',
    },
  ])('a stream that is $what leaves nothing, and the zone is cloned', async ({ bytes, why }) => {
    host.answers.personal = bytes
    const { code, output } = await host.run({ shell: ['posh'] })
    expect(code, output).toBe(0)
    expect(messageOf('receive', 'web01')).toContain(why)
    expect(host.zoneStates()).toEqual({ flashweb: 'configured', web01: 'running', web02: 'running' })
    expect(readFileSync(path.join(host.stub, 'datasets'), 'utf8')).not.toContain('tank/zones/')
  })

  test.each([
    { failing: 'web01 attach', shell: ['ksh93'] },
    { failing: 'web01 boot', shell: ['busybox', 'sh'] },
  ] as const)('when "$failing" fails, nothing of the zone is left ($shell)', async ({ failing, shell }) => {
    const before = readFileSync(path.join(host.stub, 'datasets'), 'utf8')
    const { code, output } = await host.run({ shell, env: { STUB_FAIL: failing } })
    expect(code, output).toBe(1)
    expect(host.zoneStates()).toEqual({})
    expect(readFileSync(path.join(host.stub, 'datasets'), 'utf8')).toBe(before)
    expect((await host.run({ shell })).code, 'the cause removed').toBe(0)
  })

  test('what a run received and did not configure is received anew by another plan', async () => {
    const received = 7
    await host.run({ killAfter: received })
    expect(reports().at(-1)).toBe('web01 receive done')
    const script = host.script.replace(/^zf_made=.*$/m, "zf_made='later'")
    const { code, output } = await host.run({ script })
    expect(code, output).toBe(0)
    const web01 = host.commands().filter((line) => line.endsWith('tank/zones/web01'))
    expect(web01.filter((line) => /receive|destroy/.test(line))).toEqual([
      'zfs receive -u tank/zones/web01',
      'zfs destroy -r tank/zones/web01',
      'zfs receive -u tank/zones/web01',
    ])
  })

  test('a dataset of that name that somebody else made is not touched', async () => {
    const place = path.join(host.base, 'foreign')
    mkdirSync(place)
    writeFileSync(path.join(place, 'mine'), 'data\n')
    const table = path.join(host.stub, 'datasets')
    writeFileSync(table, `${readFileSync(table, 'utf8')}tank/zones/web01\t${place}\n`)
    const { code, output } = await host.run()
    expect(code, output).toBe(0)
    expect(messageOf('receive', 'web01')).toContain('tank/zones/web01 exists already')
    expect(readFileSync(path.join(place, 'mine'), 'utf8')).toBe('data\n')
  })
})

function steps(zone: string, names: readonly string[]): string[] {
  return names.flatMap((step) => [`${zone} ${step} started`.trim(), `${zone} ${step} done`.trim()])
}
