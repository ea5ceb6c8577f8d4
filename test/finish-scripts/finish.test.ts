import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HostFixture, solarisRoot } from './fixture.ts'
import { shells } from './shells.ts'

/** What the installer has mounted, and the reboot from it: its files come to the places where the plan has them. */
class Installed {
  readonly host: HostFixture
  readonly root: string

  constructor(host: HostFixture) {
    this.host = host
    this.root = path.join(host.base, 'a')
  }

  fresh(directories: readonly string[] = ['etc', 'lib/svc']): void {
    this.host.startOver()
    rmSync(this.root, { recursive: true, force: true })
    for (const directory of directories) mkdirSync(path.join(this.root, directory), { recursive: true })
  }

  finish(shell: readonly [string, ...string[]] = ['dash'], env: Record<string, string> = {}) {
    return this.host.run({ shell, script: this.host.finish, env: { ZONEFLASH_ROOT: this.root, ...env } })
  }

  at(file: string): string {
    return path.join(this.root, file)
  }

  /** below the installed root, as the host will see it */
  below(file: string): string {
    return path.join(this.root, this.host.disk, file)
  }

  reboot(): string {
    const staged = path.join(this.root, this.host.disk)
    if (existsSync(staged)) {
      rmSync(this.host.disk, { recursive: true })
      renameSync(staged, this.host.disk)
    }
    rmSync(this.host.state, { recursive: true, force: true })
    renameSync(this.at('var/zoneflash'), this.host.state)
    return readFileSync(path.join(this.host.state, 'zones.sh'), 'utf8')
  }
}

const steps = (host: HostFixture) =>
  host.events.map(({ zone = '-', step, state }) => `${zone} ${step} ${state}`)
const both = { web01: 'running', web02: 'running' }

describe('a finish script that lays zones ready', () => {
  let host: HostFixture
  let installed: Installed
  let wanted: string[] | undefined

  beforeAll(async () => {
    host = await HostFixture.open({ osFamily: 'solaris10', zoneroot: solarisRoot, jumpstart: 'install' })
    installed = new Installed(host)
  })
  afterEach(() => rmSync(installed.root, { recursive: true, force: true }))
  afterAll(() => host.close())

  test.each(shells.map((shell) => ({ shell })))(
    'under $shell: the same tree, which the first boot attaches without fetching anything',
    async ({ shell }) => {
      installed.fresh()
      const { code, output } = await installed.finish(shell)
      expect(code, output).toBe(0)
      expect(output.trimEnd().split('\n').at(-1)).toBe('zoneflash: the first boot does the rest')
      expect(
        host.commands().filter((line) => /zoneadm|zonecfg/.test(line) && !/list|info/.test(line)),
      ).toEqual([])
      const tree = host.tree(path.join(installed.root, host.disk))
      wanted ??= tree
      expect(tree).toEqual(wanted)
      expect(readFileSync(installed.below('zones/web02/root/etc/sysidcfg'), 'utf8')).toContain(
        'hostname=web02',
      )
      expect(existsSync(installed.below('zones/web02/root/etc/nodename'))).toBe(false)
      expect(readFileSync(installed.below('zones/web02/SUNWdetached.xml'), 'utf8')).toContain(
        '<zone name="web02"',
      )
      for (const secret of ['zones.sh', 'first-boot'])
        expect(statSync(installed.at(`var/zoneflash/${secret}`)).mode & 0o7777).toBe(0o700)
      const script = installed.reboot()
      host.requests.length = 0
      const booted = await host.run({ shell, script })
      expect(booted.code, booted.output).toBe(0)
      expect(host.requests.filter((request) => !request.startsWith('POST '))).toEqual([])
      expect(host.zoneStates()).toEqual(both)
      expect(steps(host).filter((step) => step.startsWith('web01 ') && step.endsWith(' done'))).toEqual(
        ['stage', 'configure', 'attach', 'boot', 'wait', 'smoke'].map((step) => `web01 ${step} done`),
      )
      expect(steps(host).at(-1)).toBe('- install done')
    },
  )

  test('that fetches something wrong takes it back; the first boot does it', async () => {
    installed.fresh()
    host.answers = { artifact: () => Buffer.from('nonsense') }
    const { code, output } = await installed.finish()
    expect(code).toBe(1)
    expect(output).toContain('expected')
    expect(existsSync(installed.below('zoneflash/web'))).toBe(false)
    expect(steps(host).slice(-3)).toEqual(['- rollback started', '- rollback done', '- install failed'])
    host.answers = {}
    const booted = await host.run({ script: installed.reboot() })
    expect(booted.code, booted.output).toBe(0)
    expect(host.zoneStates()).toMatchObject(both)
  })

  test('that is killed in the middle is taken up by the first boot', async () => {
    installed.fresh()
    const killed = await host.run({
      script: host.finish,
      env: { ZONEFLASH_ROOT: installed.root },
      killAfter: 9,
    })
    expect(killed.code).toBe(null)
    expect(steps(host).at(-1)).toMatch(/^web0[12] stage /)
    // its number is somebody else's after the boot, and an installer may not know which boot it was
    writeFileSync(installed.at('var/zoneflash/lock/pid'), String(process.pid))
    writeFileSync(installed.at('var/zoneflash/lock/boot'), '')
    const booted = await host.run({ script: installed.reboot() })
    expect(booted.code, booted.output).toBe(0)
    expect(host.zoneStates()).toMatchObject(both)
  })

  test('leaves alone what lies where a zone goes', async () => {
    installed.fresh()
    mkdirSync(installed.below('zones/web01'), { recursive: true })
    writeFileSync(installed.below('zones/web01/kept'), 'of an earlier install')
    const { code, output } = await installed.finish()
    expect(code).toBe(1)
    expect(output).toContain('what was kept of an earlier install is not touched')
    expect(readFileSync(installed.below('zones/web01/kept'), 'utf8')).toBe('of an earlier install')
  })

  test.each([
    ['zones', 'web01 stage failed', true],
    ['zoneflash', 'flashweb fetch failed', true],
    ['var/zoneflash', '', false],
    ['var/svc/manifest', '- stage failed', false],
  ])(
    'writes nothing where %s of the installed tree is a link that leads out',
    async (name, failed, isDisk) => {
      installed.fresh()
      const outside = path.join(host.base, 'outside')
      rmSync(outside, { recursive: true, force: true })
      mkdirSync(outside)
      const link = isDisk ? installed.below(name) : installed.at(name)
      mkdirSync(path.dirname(link), { recursive: true })
      symlinkSync(outside, link)
      const { code, output } = await installed.finish()
      expect(code).toBe(1)
      expect(output).toMatch(/refused to write .* is a symbolic link/)
      expect(readdirSync(outside)).toEqual([])
      expect(steps(host).find((step) => step.endsWith(' failed')) ?? '').toBe(failed)
    },
  )

  test('takes nothing that was done to the golden host for its own', async () => {
    installed.fresh()
    const marks = { 'zones/web01': ['identity', 'cloned', 'finished', 'staged'], captured: ['order'] }
    for (const [directory, names] of Object.entries(marks)) {
      mkdirSync(installed.at(`var/zoneflash/${directory}`), { recursive: true })
      for (const name of names) writeFileSync(installed.at(`var/zoneflash/${directory}/${name}`), 'golden\n')
    }
    writeFileSync(installed.at('var/zoneflash/installing'), 'golden\n')
    const { code, output } = await installed.finish()
    expect(code, output).toBe(0)
    expect(existsSync(installed.below('zones/web01/root/etc/nodename'))).toBe(false)
    expect(readdirSync(installed.at('var/zoneflash/captured'))).toEqual(['order'])
    // once more, as after a kill: what it has done itself counts
    const again = await installed.finish()
    expect(again.code, again.output).toBe(0)
    expect(steps(host).slice(-5)).toContain('web02 stage skipped')
    const booted = await host.run({ script: installed.reboot() })
    expect(booted.code, booted.output).toBe(0)
    expect(host.zoneStates()).toEqual(both)
    expect(existsSync(path.join(host.state, 'installing'))).toBe(false)
  })

  test('refuses to run where nothing is installed', async () => {
    installed.fresh([])
    const { code, output } = await installed.finish()
    expect([code, output]).toEqual([1, expect.stringContaining('holds no etc: this is JumpStart')])
    expect(host.events).toEqual([])
  })
})

describe('a finish script that leaves zones to the first boot', () => {
  let host: HostFixture
  let installed: Installed

  beforeAll(async () => {
    host = await HostFixture.open({ osFamily: 'solaris10', zoneroot: solarisRoot, jumpstart: 'first-boot' })
    installed = new Installed(host)
  })
  afterAll(() => host.close())

  /** A PATH with nothing of the network in it. */
  const withoutNetwork = () => {
    const bin = path.join(host.base, 'bin')
    rmSync(bin, { recursive: true, force: true })
    mkdirSync(bin)
    return bin
  }

  test.each(shells.map((shell) => ({ shell })))(
    'under $shell: two files, and a manifest',
    async ({ shell }) => {
      installed.fresh()
      const { code, output } = await installed.finish(shell)
      expect(code, output).toBe(0)
      expect(host.requests.filter((request) => request.includes('/flash/'))).toEqual([])
      expect(readFileSync(installed.at('var/svc/manifest/site/zoneflash-first-boot.xml'), 'utf8')).toContain(
        'exec="/bin/sh /var/zoneflash/first-boot start"',
      )
      // 11/06 would ask for the domain of NFSv4
      expect(readFileSync(installed.at('etc/.NFS4inst_state.domain'), 'utf8')).toBe('')
      expect(steps(host)).toEqual([
        '- install started',
        '- check started',
        '- check done',
        '- stage started',
        '- stage done',
      ])
    },
  )

  test('needs no curl, no wget and no digest: its reports come with the first boot', async () => {
    installed.fresh()
    const bin = withoutNetwork()
    for (const command of [
      'id',
      'awk',
      'mkdir',
      'dirname',
      'chmod',
      'chown',
      'cat',
      'rm',
      'mv',
      'date',
      'tail',
      'tr',
      'cut',
      'sed',
      'expr',
      'ls',
      'cp',
      'ln',
      'sleep',
    ]) {
      writeFileSync(path.join(bin, command), `#!/bin/sh\nexec /usr/bin/${command} "$@"\n`)
      chmodSync(path.join(bin, command), 0o755)
    }
    // PATH is added to by the script itself: here nothing but this directory is on it
    const script = host.finish.replace(/^ {2}PATH=\$PATH:.*$/gm, '  PATH=$PATH')
    const { code, output } = await host.run({
      shell: ['/bin/dash'],
      script,
      env: { ZONEFLASH_ROOT: installed.root, PATH: bin },
    })
    expect(code, output).toBe(0)
    expect(host.events).toEqual([])
    const booted = await host.run({ script: installed.reboot() })
    expect(booted.code, booted.output).toBe(0)
    expect(steps(host).slice(0, 5)).toEqual([
      '- install started',
      '- check started',
      '- check done',
      '- stage started',
      '- stage done',
    ])
    expect(host.zoneStates()).toMatchObject(both)
  })

  test('does not leave a script that a full file system has cut off', async () => {
    installed.fresh()
    const script = host.finish.replace('\nzoneflash_main\nEND_OF_FILE\n', '\nEND_OF_FILE\n')
    const { code, output } = await host.run({ script, env: { ZONEFLASH_ROOT: installed.root } })
    expect(code).toBe(1)
    expect(output).toContain('zones.sh is not complete')
    expect(existsSync(installed.at('var/svc/manifest/site/zoneflash-first-boot.xml'))).toBe(false)
  })

  test('leaves no empty files in a tree whose etc is a link to somewhere else', async () => {
    installed.fresh(['real', 'lib/svc'])
    symlinkSync(installed.at('real'), installed.at('etc'))
    expect((await installed.finish()).code).toBe(1)
    expect(readdirSync(installed.at('real'))).toEqual([])
  })

  test('without SMF leaves a script of run level 3', async () => {
    installed.fresh(['etc'])
    expect((await installed.finish()).code).toBe(0)
    expect(readFileSync(installed.at('etc/rc3.d/S99zoneflash'), 'utf8')).toContain('first_boot "$1"')
    expect(statSync(installed.at('etc/init.d/zoneflash-first-boot')).mode & 0o7777).toBe(0o744)
  })
})

describe('a finish script of a host without zones', () => {
  test.each(['install', 'first-boot'] as const)(
    'where they would come by %s leaves a service that tells the server, and is done',
    async (jumpstart) => {
      const host = await HostFixture.open({ osFamily: 'solaris10', jumpstart, withoutZones: true })
      try {
        const installed = new Installed(host)
        installed.fresh()
        const { code, output } = await installed.finish()
        expect(code, output).toBe(0)
        const booted = await host.run({ script: installed.reboot() })
        expect(booted.code, booted.output).toBe(0)
        expect(host.requests.filter((request) => request.includes('/flash/'))).toEqual([])
        expect(steps(host)).toContain('- stage done')
        expect(steps(host).at(-1)).toBe('- install done')
        expect(host.zoneStates()).toEqual({})
      } finally {
        await host.close()
      }
    },
  )

  test('that goes down while it sends its last report sends it again at the next boot, and nothing more', async () => {
    const host = await HostFixture.open({
      osFamily: 'solaris10',
      jumpstart: 'first-boot',
      withoutZones: true,
    })
    try {
      const installed = new Installed(host)
      installed.fresh()
      expect((await installed.finish()).code).toBe(0)
      const script = installed.reboot()
      const killed = await host.run({ script, killAfter: 9 })
      expect(killed.code).toBe(null)
      const told = steps(host)
      expect(told.at(-1)).toBe('- install done')
      const booted = await host.run({ script })
      expect(booted.code, booted.output).toBe(0)
      // nothing else would be taken: this report has closed the install
      expect(steps(host)).toEqual([...told, '- install done'])
    } finally {
      await host.close()
    }
  })
})
