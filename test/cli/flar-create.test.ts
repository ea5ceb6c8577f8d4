import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { shell } from '#test/archives.ts'
import { main, hasCompress, work, at, flar, refusal, saved, zoneroot, listed, treeOf } from './flar-desk.ts'

describe('flar create', () => {
  test('makes an archive that unpacks to the same tree, without what every system makes anew', async () => {
    const root = zoneroot('same')
    for (const archiver of ['cpio', 'pax']) {
      const archive = at(`same-${archiver}.flar`)
      expect((await flar('create', '-n', 'web', '-R', root, '-L', archiver, archive)).error).toBeUndefined()
      const out = at(`same-${archiver}`)
      expect((await flar('extract', archive, '-C', out)).error).toBeUndefined()
      const expected = zoneroot('expected')
      for (const left of ['tmp/leftover', 'var/run/pid']) unlinkSync(path.join(expected, left))
      expect(treeOf(out)).toBe(treeOf(expected))
    }
  })

  test('writes sizes that are true, and sections in their order', async () => {
    const root = zoneroot('sizes')
    saved('X-site', 'of our own\n')
    const args = [
      '-n',
      'web',
      '-R',
      root,
      '-a',
      'me',
      '-e',
      'one\ntwo',
      '-i',
      '20260301120000',
      '-m',
      'golden1',
    ]
    const more = [
      '-T',
      'server',
      '-U',
      'X-a=b',
      '--arch',
      'i86pc,sun4v',
      '-u',
      'X-site',
      '-d',
      work,
      '-H',
      '-I',
    ]
    const archive = at('sizes.flar')
    const { stderr, error } = await flar('create', ...args, ...more, '-o', archive)
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/sizes\.flar: \d/)
    const info = await flar('info', archive)
    expect(info.stderr).toBe('section X-site, 11 bytes\n')
    await expect(info.stdout).toMatchFileSnapshot('../fixtures/flar/info.txt')
    const { identification, payloadOffset } = JSON.parse((await flar('info', '--json', archive)).stdout) as {
      identification: Record<string, string>
      payloadOffset: number
    }
    expect(Number(identification['files_archived_size'])).toBe(statSync(archive).size - payloadOffset)
    await flar('create', '-n', 'web', '-R', root, '-L', 'pax', at('sized-pax.flar'))
    const listing = await flar('info', '-l', at('sized-pax.flar'))
    expect(listing.stderr, 'the size of a pax is true too').toBe('')
    expect((await flar('info', '-k', 'files_archived_size', at('sized-pax.flar'))).stdout).toBe('20480\n')
    expect((await flar('create', '-n', 'web', '-R', root, '-S', at('unsized.flar'))).error).toBeUndefined()
    expect((await flar('info', at('unsized.flar'))).stdout).not.toMatch(/size/)
  })

  test('GNU cpio reads its payload, hard links with their data on the last name', async () => {
    const root = zoneroot('gnu')
    await flar('create', '-n', 'web', '-R', root, at('gnu.flar'))
    mkdirSync(at('gnu-parts'))
    await flar('split', '-d', at('gnu-parts'), at('gnu.flar'))
    const lines = String(shell(work, 'cpio --quiet -itv < gnu-parts/archive')).split('\n')
    expect(lines.find((line) => line.endsWith(' etc/hosts'))).toMatch(/ 2 .* 0 /)
    expect(lines.find((line) => line.endsWith(' etc/inet-hosts'))).toMatch(/ 2 .* 20 /)
    mkdirSync(at('gnu-out'))
    shell(at('gnu-out'), 'cpio --quiet -idum < ../gnu-parts/archive')
    expect(statSync(at('gnu-out/etc/hosts')).ino).toBe(statSync(at('gnu-out/etc/inet-hosts')).ino)
    expect(readFileSync(at('gnu-out/etc/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n')
  })

  test.skipIf(!hasCompress)('compresses the payload, which comes back', async () => {
    const root = zoneroot('z')
    await flar('create', '-n', 'web', '-R', root, '-c', at('z.flar'))
    expect((await flar('info', '-k', 'files_compressed_method', at('z.flar'))).stdout).toBe('compress\n')
    expect((await flar('info', '-k', 'FILES_ARCHIVED_SIZE', at('z.flar'))).error).toEqual(
      refusal('KeyNotFound', /FILES_ARCHIVED_SIZE/),
    )
    expect(await listed(at('z.flar'))).toContain('etc/shadow')
    shell(work, 'rm -rf zp && mkdir zp')
    await flar('split', '-d', at('zp'), at('z.flar'))
    expect(String(shell(work, 'uncompress -c < zp/archive | cpio --quiet -it'))).toContain('etc/shadow\n')
  })

  test('says so when there is no compress', async () => {
    const root = zoneroot('nocompress')
    vi.stubEnv('PATH', '/nowhere')
    const { error } = await flar('create', '-n', 'web', '-R', root, '-c', at('nocompress.flar'))
    vi.unstubAllEnvs()
    expect(error).toEqual(refusal('ProgramMissing', /compress is not installed here/))
    expect(readdirSync(work).filter((name) => name.startsWith('nocompress.flar'))).toEqual([])
  })

  test('takes what the filters let through: the longer path wins', async () => {
    const root = zoneroot('filters')
    saved('list', '- /var\n+ /var/tmp\n')
    saved('without', '/etc/shadow\n')
    const args = [
      '-x',
      'usr',
      '-y',
      '/usr/bin/su',
      '-z',
      at('list'),
      '-X',
      at('without'),
      '-y',
      '/tmp/leftover',
    ]
    await flar('create', '-n', 'web', '-R', root, ...args, at('filters.flar'))
    expect(await listed(at('filters.flar'))).toEqual([
      '.',
      'bin',
      'etc',
      'etc/hosts',
      'etc/inet-hosts',
      'proc',
      'tmp',
      'tmp/leftover',
      'usr',
      'usr/bin',
      'usr/bin/su',
      'var',
      'var/tmp',
      'var/tmp/a',
    ])
    saved('only', '/etc/hosts\nbin\n')
    await flar('create', '-n', 'web', '-R', root, '-F', '-f', at('only'), at('only.flar'))
    expect(await listed(at('only.flar'))).toEqual(['bin', 'etc', 'etc/hosts'])
  })

  test('uses pax for a file that cpio cannot hold, or refuses it by name', async () => {
    const root = zoneroot('large')
    writeFileSync(path.join(root, 'large'), '')
    truncateSync(path.join(root, 'large'), 2 ** 32)
    const refused = await flar('create', '-n', 'web', '-R', root, '-L', 'cpio', at('large.flar'))
    expect(refused.error).toEqual(refusal('CpioCannotHold', /"\/large" has 4294967296 bytes/))
    truncateSync(path.join(root, 'large'), 0)
    execFileSync('touch', ['-d', '@-5', path.join(root, 'large')])
    const { stderr } = await flar('create', '-n', 'web', '-R', root, at('large.flar'))
    expect(stderr).toMatch(/note: pax, not cpio: "\/large" has the time -5/)
    expect((await flar('info', '-k', 'files_archived_method', at('large.flar'))).stdout).toBe('pax\n')
  })

  test('leaves itself out when it lies in the tree', async () => {
    const root = zoneroot('inside')
    expect((await flar('create', '-n', 'web', '-R', root, path.join(root, 'web.flar'))).error).toBeUndefined()
    expect(await listed(path.join(root, 'web.flar'))).not.toContain('web.flar.part')
  })

  test.skipIf(!hasCompress)(
    'carries the scripts of the master, with the program that a stage needs',
    async () => {
      const root = zoneroot('scripts')
      mkdirSync(path.join(root, 'etc/flash/predeployment'), { recursive: true })
      writeFileSync(path.join(root, 'etc/flash/predeployment/10-disks'), '#!/bin/sh\n', { mode: 0o755 })
      await flar('create', '-n', 'web', '-R', root, at('scripts.flar'))
      expect((await flar('info', at('scripts.flar'))).stderr).toMatch(
        /section predeployment, \d+ bytes: predeployment\/10-disks, predeployment_processing\n$/,
      )
      await flar('create', '-n', 'web', '-R', root, '-L', 'pax', at('scripts-pax.flar'))
      const pax = await flar('info', at('scripts-pax.flar'))
      expect(pax.stderr).toMatch(/section predeployment, \d+ bytes: \S+, predeployment_processing\n$/)
      expect(readFileSync(at('scripts-pax.flar'), 'latin1')).toContain('begin 644 predeployment.pax.Z\n')
      const text = readFileSync(at('scripts.flar'), 'latin1').replace(/method=cpio/, 'method=pax')
      const mixed = await flar('info', saved('scripts-mixed.flar', Buffer.from(text, 'latin1')))
      expect(mixed.stderr).toMatch(/error: the section predeployment .* looks for predeployment\.pax\.Z\n$/)
      const { error } = await flar('create', '-n', 'a', '-R', root, '--deployment', work, at('none.flar'))
      expect(error).toEqual(refusal('NoScripts', /no deployment scripts/))
    },
  )

  test.each([
    [['-R', '.'], /no name/],
    [['-n', 'web'], /-R DIR or --template/],
    [['-n', 'web', '-R', '.', '-i', 'today'], /-i is "today"/],
    [['-n', 'web', '-R', '.', '-U', 'type=FULL'], /X-KEY=VALUE/],
    [['-n', 'web', '-R', '.', '-F'], /-f FILE/],
    [['-n', 'web', '-R', '.', '-u', 'summary'], /begins with X/],
    [['--template', 'web', '-x', '/var'], /without -R/],
  ])('%j is wrong usage', async (args, said) => {
    const { error } = await flar('create', ...args, at('never.flar'))
    expect(error).toEqual(expect.objectContaining({ exit: 2, message: expect.stringMatching(said) }))
    expect(existsSync(at('never.flar'))).toBe(false)
  })

  test('that is interrupted leaves no file', async () => {
    mkdirSync(at('endless'))
    writeFileSync(at('endless/sparse'), '')
    truncateSync(at('endless/sparse'), 2 ** 31)
    const args = ['flar', 'create', '-n', 'web', '-R', at('endless'), at('endless.flar')]
    const child = spawn(process.execPath, [main, ...args])
    let told = ''
    child.stderr.on('data', (chunk) => (told += String(chunk)))
    const closed = once(child, 'close') as Promise<[number | null]>
    await vi.waitFor(() => statSync(at('endless.flar.part')), { timeout: 20_000 })
    child.kill('SIGTERM')
    expect(await closed).toEqual([130, null])
    expect(told).toMatch(/note: pax, not cpio: "\/sparse" has 2147483648 bytes, old programs of cpio/)
    expect(readdirSync(work).filter((name) => name.startsWith('endless.'))).toEqual([])
  })

  test('a file that is there is kept, unless by force', async () => {
    const root = zoneroot('kept')
    const file = saved('kept.flar', 'mine')
    expect((await flar('create', '-n', 'web', '-R', root, file)).error).toEqual(
      refusal('FileExists', /kept\.flar/),
    )
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await flar('create', '-n', 'web', '-R', root, '--force', file)).error).toBeUndefined()
  })
})

describe('differential archives', () => {
  const make = async (name: string) => {
    const [before, now] = [zoneroot(`${name}-old`), zoneroot(`${name}-new`)]
    const set = (relative: string, text: string) => writeFileSync(path.join(now, relative), text)
    set('etc/motd', 'new\n')
    set('usr/bin/su', '#!/bin/ksh\n')
    unlinkSync(path.join(now, 'etc/shadow'))
    const archive = at(`${name}.flar`)
    const { error } = await flar('create', '-n', 'patch', '-R', now, '-A', before, archive)
    expect(error).toBeUndefined()
    return { before, now, archive }
  }

  test('hold what changed, and say what must go', async () => {
    const { archive } = await make('diff')
    expect((await flar('info', '-k', 'type', archive)).stdout).toBe('DIFFERENTIAL\n')
    expect(await listed(archive)).toEqual(['etc/motd', 'usr/bin/su'])
    const client = zoneroot('diff-client')
    writeFileSync(path.join(client, 'tmp/new'), 'is nobody’s')
    const compared = await flar('compare', archive, client)
    expect(compared).toMatchObject({ stdout: '- /etc/shadow\n' })
    expect(compared.error).toBeUndefined()
  })

  test('are refused on a client that differs, file by file, and forced', async () => {
    const { archive } = await make('differs')
    const client = zoneroot('differs-client')
    writeFileSync(path.join(client, 'etc/mine'), '')
    chmodSync(path.join(client, 'etc/hosts'), 0o600)
    unlinkSync(path.join(client, 'bin'))
    const { stdout, error } = await flar('compare', archive, client)
    expect(error).toEqual(refusal('TreeDiffers', /in 4 of its files/))
    expect(stdout).toBe(
      [
        '! /bin: it is missing here, the old image had it',
        '! /etc/hosts: its mode is 100600, it was 100644',
        '! /etc/inet-hosts: its mode is 100600, it was 100644',
        '! /etc/mine: it is new here: the old image had no such file',
        '- /etc/shadow\n',
      ].join('\n'),
    )
    const forced = await flar('compare', '--forced', '--json', archive, client)
    expect(JSON.parse(forced.stdout)).toMatchObject({ deletions: ['/etc/mine', '/etc/shadow'] })
    expect(forced.error).toEqual(refusal('TreeDiffers', /in 4 of its files/))
    saved('exclusions', '/etc/mine\n')
    expect((await flar('compare', '-X', at('exclusions'), archive, client)).stdout).not.toContain('/etc/mine')
  })

  test('leave on clients what an installer could not be told to delete, which is said', async () => {
    const { before, now, archive } = await make('staying')
    writeFileSync(path.join(before, 'etc/My App'), 'x')
    const args = [
      '-n',
      'patch',
      '-R',
      now,
      '-A',
      before,
      '-x',
      '/usr',
      '-y',
      '/usr/bin/su',
      '--force',
      archive,
    ]
    const { stderr, error } = await flar('create', ...args)
    expect(error).toBeUndefined()
    expect(stderr).toMatch(/note: "\/etc\/My App" stays on clients: .* shell/)
    expect(await flar('compare', archive, before)).toMatchObject({ stdout: '- /etc/shadow\n' })
  })

  test('without a manifest compare nothing, which is said', async () => {
    const { before, now } = await make('bare')
    await flar('create', '-n', 'patch', '-R', now, '-A', before, '-M', '--force', at('bare.flar'))
    expect((await flar('info', at('bare.flar'))).stderr).toMatch(/warning: .*no manifest/)
    expect((await flar('compare', at('bare.flar'), before)).error).toEqual(
      refusal('NoManifest', /no manifest/),
    )
  })
})
