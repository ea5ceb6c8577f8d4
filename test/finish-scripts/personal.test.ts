import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
    const sshFiles = (zone: string) => readdirSync(path.join(host.disk, zone, 'root/etc/ssh'))
    expect(sshFiles('zones/web01')).toEqual(sshFiles('zoneflash/web'))
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

  /** What a run that was killed leaves when its attach of web01 came to this state. */
  async function dieInAttach(state: string) {
    const { code } = await host.run({ env: { STUB_DIE: 'web01', STUB_DIE_STATE: state } })
    expect(code).toBe(null)
    expect(host.zoneStates()).toEqual({ web01: state })
    writeFileSync(path.join(host.disk, 'zones/web01/root/data'), 'nobody has it twice\n')
  }

  test.each(['at once', 'after another run'])(
    'the data of a zone whose attach was killed and that is detached %s stays',
    async (detached) => {
      await dieInAttach('installed')
      const between = detached === 'after another run' ? (await host.run()).code : 0
      expect(between).toBe(0)
      // detached and deleted by hand
      rmSync(path.join(host.stub, 'zones/web01'), { recursive: true })
      const script = host.script.replace(/^zf_made=.*$/m, "zf_made='later'")
      const { code, output } = await host.run({ script })
      expect(code).toBe(1)
      expect(output).toContain('zones/web01 exists and is not empty')
      expect(host.commands()).not.toContain('zfs destroy -r tank/zones/web01')
      expect(host.read('zones/web01/root/data')).toBe('nobody has it twice\n')
    },
  )

  test('what is remembered as being received and has lived is not dropped', async () => {
    await dieInAttach('installed')
    const remembered = path.join(host.state, 'zones/web01')
    renameSync(path.join(remembered, 'dataset'), path.join(remembered, 'receiving'))
    writeFileSync(path.join(remembered, 'cloned'), 'some time\n')
    rmSync(path.join(host.stub, 'zones/web01'), { recursive: true })
    const { code, output } = await host.run()
    expect(code).toBe(1)
    expect(output).toContain('tank/zones/web01 is not dropped: zone web01 was made of it')
    expect(host.read('zones/web01/root/data')).toBe('nobody has it twice\n')
  })

  test('the data of a zone that was booted by hand stays when the next run fails', async () => {
    await dieInAttach('running')
    const { code, output } = await host.run({ shell: ['posh'] })
    expect(code).toBe(1)
    expect(output).toContain('is not halted')
    expect(host.events.findLast(({ step }) => step === 'rollback')?.message).toContain(
      'left behind: zone-dataset web01',
    )
    expect(host.zoneStates()).toEqual({ web01: 'running' })
    expect(host.read('zones/web01/root/data')).toBe('nobody has it twice\n')
  })

  test('a zone that a killed attach left incomplete is received anew', async () => {
    await dieInAttach('incomplete')
    const { code, output } = await host.run({ shell: ['ksh93'] })
    expect(code, output).toBe(0)
    expect(host.zoneStates()).toEqual({ web01: 'running', web02: 'running' })
    expect(host.commands().filter((line) => line === 'zfs receive -u tank/zones/web01')).toHaveLength(2)
    expect(() => host.read('zones/web01/root/data')).toThrow('ENOENT')
  })

  test.each([
    { when: 'before the run', says: 'tank/zones/web01 exists already' },
    { when: 'where an earlier run began to receive', says: 'tank/zones/web01 exists already' },
    { when: 'during the request', says: 'left alone: tank/zones/web01 is not what was received' },
  ])('a dataset of that name that somebody else makes $when is not touched', async ({ when, says }) => {
    const place = path.join(host.base, `foreign ${when}`)
    const table = path.join(host.stub, 'datasets')
    const make = () => {
      mkdirSync(place)
      writeFileSync(path.join(place, 'mine'), 'data\n')
      writeFileSync(table, `${readFileSync(table, 'utf8')}tank/zones/web01\t${place}\n`)
    }
    if (when === 'during the request') {
      host.answers.personal = (zone) => {
        if (zone === 'web01') make()
        return personalStream(host.base, zone)
      }
    } else make()
    if (when === 'where an earlier run began to receive') {
      const remembered = path.join(host.state, 'zones/web01')
      mkdirSync(remembered, { recursive: true })
      writeFileSync(path.join(remembered, 'receiving'), 'tank/zones/web01\ntank/zoneflash/web@snap\n')
    }
    const { code, output } = await host.run()
    expect(code, output).toBe(0)
    expect(messageOf('receive', 'web01')).toContain(says)
    expect(readFileSync(path.join(place, 'mine'), 'utf8')).toBe('data\n')
  })
})

function steps(zone: string, names: readonly string[]): string[] {
  return names.flatMap((step) => [`${zone} ${step} started`.trim(), `${zone} ${step} done`.trim()])
}
