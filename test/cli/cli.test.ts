// The command line against the product as a user starts it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startProduct, type RunningProduct } from '#test/running-product.ts'

const root = path.resolve(import.meta.dirname, '../..')
let work: string
let product: RunningProduct

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-cli-'))
  product = await startProduct(path.join(work, 'data'))
})
afterAll(async () => {
  await product.stop()
  await rm(work, { recursive: true, force: true })
})

const cli = (...args: string[]) => product.cli(args, { XDG_STATE_HOME: path.join(work, 'state') })

async function zoneroot(name: string): Promise<string> {
  const directory = path.join(work, name)
  await mkdir(path.join(directory, 'etc'), { recursive: true })
  await mkdir(path.join(directory, 'usr/bin'), { recursive: true })
  await writeFile(path.join(directory, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n')
  return directory
}

test('host boot prints the block alone, and beside it what to do with it', async () => {
  const mac = ['--mac', '0:11:22:a:b:c', '--address', '192.0.2.21']
  await cli('host', 'add', 'booted', ...mac)
  const options = [
    '--boot-server',
    'js1=192.0.2.11',
    '--media',
    '/export/s10',
    '--jumpstart',
    'js1:/jumpstart',
  ]
  const dhcpd = await cli('host', 'boot', 'booted', '--kind', 'dhcpd', ...options)
  expect(dhcpd).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^host booted \{\n  hardware ethernet 00:11:22:0a:0b:0c;\n[^]*\}\n$/),
    stderr: expect.stringContaining('for dhcpd.conf\n- add it inside the subnet'),
  })
  expect(await cli('host', 'boot', 'booted', '--kind', 'floppy')).toMatchObject({ status: 2 })
  expect(await cli('host', 'boot', 'booted', '--kind', 'grub', '--boot-server', 'js1')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('expected NAME=ADDRESS or ADDRESS'),
  })
  expect(await cli('host', 'boot', 'booted', '--kind', 'grub', '--boot-server', '999.0.2.1')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--boot-server: Invalid IPv4 address (InvalidRequest)'),
  })
  expect(await cli('host', 'add', 'twin', ...mac)).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/00:11:22:0a:0b:0c is that of host booted.*\(MacTaken\)\n {2}/),
  })
  expect(await cli('host', 'set', 'booted', '--address', 'nowhere')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--address: expected an IPv4 or IPv6 address'),
  })
  const twice = ['--interface', 'bge0=192.0.2.21/24', '--interface', 'bge0=dhcp']
  expect(await cli('host', 'set', 'booted', ...twice)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('--interface: interface bge0 is there twice, expected each once'),
  })
  const elsewhere = ['--kind', 'grub', '--server', 'http://203.0.113.9:7070']
  expect(await cli('host', 'boot', 'booted', ...elsewhere)).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^note: http:\/\/203\.0\.113\.9:7070 is only in what is printed here: /m),
  })
})

test('template open lets imgadm read without a token, host show says how, a reader’s token is for what it names', async () => {
  await cli('template', 'push', await zoneroot('opened'), '--name', 'opened', '--brand', 'joyent')
  expect(await cli('template', 'open', 'opened', '--to', 'imgadm,telnet')).toMatchObject({ status: 2 })
  expect(await cli('template', 'open', 'opened')).toMatchObject({ status: 2 })
  const line = 'open to imgadm, zadm without a token\n'
  expect(await cli('template', 'open', 'opened', '--to', 'zadm,imgadm')).toMatchObject({
    status: 0,
    stdout: line,
  })
  expect((await cli('template', 'show', 'opened')).stdout).toContain(line)
  const made = await cli('template', 'convert', 'opened', '--to', 'zfs.gz', '--layout', 'zonepath')
  expect(made).toMatchObject({ status: 0 })
  const images = (await (await fetch(`${product.url}/images?name=~open`)).json()) as object[]
  expect(images).toMatchObject([{ name: 'opened', type: 'zone-dataset', files: [{ compression: 'gzip' }] }])
  expect(await cli('template', 'convert', 'opened', '--to', 'tar.gz', '--layout', 'zonepath')).toMatchObject({
    status: 2,
  })
  expect((await cli('template', 'open', 'opened', '--to', 'none')).stdout).toBe('opened is open to nobody\n')
  expect(await (await fetch(`${product.url}/images`)).json()).toEqual([])

  const made2 = await cli('token', 'create', 'smartos1', '--role', 'reader', '--template', 'opened')
  const closed = await fetch(`${product.url}/t/${made2.stdout.trim()}/images`)
  expect(await closed.json()).toMatchObject([{ name: 'opened', public: false }])
  expect((await cli('token', 'list')).stdout).toMatch(/ smartos1 +reader of opened /)
  expect(await cli('token', 'create', 'x', '--role', 'viewer', '--template', 'opened')).toMatchObject({
    status: 1,
  })
  await cli('host', 'add', 'smartos1', '--release', 'illumos')
  expect((await cli('host', 'show', 'smartos1')).stdout).toContain(`  imgadm sources -a ${product.url}\n`)
})

test('template open says that imgadm will see nothing of whole systems', async () => {
  const kind = ['--kind', 'system', '--os-family', 'illumos', '--brand', 'ipkg']
  await cli('template', 'push', await zoneroot('golden-root'), '--name', 'golden-root', ...kind)
  expect(await cli('template', 'open', 'golden-root', '--to', 'imgadm,kayak')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining(
      'note: golden-root holds whole systems, no images: imgadm will not see it\n',
    ),
  })
  expect((await cli('template', 'open', 'golden-root', '--to', 'kayak')).stderr).not.toContain('note')
})

describe('template push', () => {
  test('of a directory keeps links that climb above it, with what they mean inside a zone', async () => {
    const directory = await zoneroot('climbing')
    await symlink('../../../../etc/passwd', path.join(directory, 'usr/bin/climber'))
    const pushed = await cli('template', 'push', directory, '--name', 'climbing', '--brand', 'lx')
    expect(pushed).toMatchObject({ status: 0, stderr: expect.stringContaining('1 link climbs above') })
    const files = await cli('template', 'files', 'climbing')
    expect(files.stdout).toContain('usr/bin/climber -> ../../etc/passwd')
    expect(files.stdout).toMatch(/^-rw-r--r-- \d+\/\d+ +22 \d{4}-\d\d-\d\d \d\d:\d\d etc\/passwd$/m)
  })

  test('of a file, then pull: the same bytes; pull again goes on where it stopped', async () => {
    const file = path.join(work, 'a.tar')
    spawnSync('tar', ['-C', await zoneroot('plain'), '-cf', file, '.'])
    expect(
      await cli('template', 'push', file, '--name', 'plain', '--brand', 'lx', '--version', '1.0'),
    ).toMatchObject({ status: 0 })
    const out = path.join(work, 'pulled.tar')
    expect(await cli('template', 'pull', 'plain@1.0', '-o', out)).toMatchObject({ status: 0 })
    expect((await readFile(out)).equals(await readFile(file))).toBe(true)
    const half = path.join(work, 'half.tar')
    await writeFile(`${half}.part`, (await readFile(file)).subarray(0, 3000))
    expect(await cli('template', 'pull', 'plain@1.0', '-o', half)).toMatchObject({ status: 0 })
    expect((await readFile(half)).equals(await readFile(file))).toBe(true)
  })

  test('of a form that the version has not is possible once a worker has converted it', async () => {
    const file = path.join(work, 'converted.tar')
    spawnSync('tar', ['-C', await zoneroot('converted'), '-cf', file, '.'])
    await cli('template', 'push', file, '--name', 'converted', '--brand', 'lx', '--version', '1.0')
    const made = await cli('template', 'convert', 'converted@1.0', '--to', 'zfs')
    expect(made).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^converted@1\.0 has zfs: .*sha256 /),
    })
    const again = await cli('template', 'convert', 'converted', '--to', 'zfs')
    expect(again.stdout).toMatch(/^converted@1\.0 has zfs: .* already: ZPL 4$/m)
    expect((await cli('template', 'show', 'converted@1.0')).stdout).toMatch(/^zfs .* [0-9a-f]{64} {2}tar$/m)
    const newer = await cli('template', 'convert', 'converted', '--to', 'zfs', '--zpl', '5')
    expect(newer).toMatchObject({ status: 0 })
    for (const name of ['converted', 'converted@1.0'])
      expect(await cli('template', 'show', name)).toMatchObject({
        stdout: expect.stringMatching(/zfs \(ZPL 4\)[^]*zfs \(ZPL 5\)/),
        status: 0,
        stderr: '',
      })
    const wrong = await cli('template', 'convert', 'converted', '--to', 'tar.gz', '--zpl', '5')
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('--zpl is for ZFS streams') })
  }, 90_000)

  test('of an archive whose kept part is damaged ends with the digests in the message', async () => {
    const out = path.join(work, 'damaged.tar')
    await writeFile(`${out}.part`, 'damaged')
    const pulled = await cli('template', 'pull', 'plain@1.0', '-o', out)
    expect(pulled).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/\(DigestMismatch\)\n {2}what was fetched is removed/),
    })
    expect(await cli('template', 'pull', 'plain@1.0', '-o', out)).toMatchObject({ status: 0 })
  })

  test('from stdin needs no file', async () => {
    const script = `tar -C ${await zoneroot('piped')} -cf - . | ${process.execPath} ${root}/cli/main.ts template push - --name piped --brand lx --json`
    const env = { ...process.env, ZONEFLASH_SERVER: product.url, ZONEFLASH_TOKEN: product.adminToken }
    const { status, stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env })
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ state: 'ready', manifest: { template: 'piped', brand: 'lx' } })
  })

  test('of a file that was interrupted sends only the rest the next time', async () => {
    const file = path.join(work, 'large.tar')
    const directory = await zoneroot('large')
    const size = 300 * MIB
    await truncate(path.join(directory, 'etc/passwd'), size)
    spawnSync('tar', ['-C', directory, '-cf', file, '.'])
    const first = await countingProxy(product.url)
    const env = { ZONEFLASH_SERVER: first.url, XDG_STATE_HOME: path.join(work, 'state') }
    const args = ['template', 'push', file, '--name', 'large', '--brand', 'lx', '--version', '1']
    const broken = spawn(process.execPath, [`${root}/cli/main.ts`, ...args], {
      env: { ...process.env, ...env, ZONEFLASH_TOKEN: product.adminToken },
      stdio: 'ignore',
    })
    await first.hasPassed(200 * MIB)
    broken.kill('SIGKILL')
    await once(broken, 'exit')
    const before = first.passed()
    expect(await product.cli(args, env)).toMatchObject({ status: 0 })
    expect(first.passed() - before, 'bytes of the second run').toBeLessThan(150 * MIB)
    first.close()
  })

  test('of what is no archive says what was expected and what to do', async () => {
    const file = path.join(work, 'text')
    await writeFile(file, 'no archive at all\n')
    const refused = await cli('template', 'push', file, '--name', 'text', '--brand', 'lx')
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^zoneflash: .*expected tar.*\(UnknownFormat\)\n {2}expected a tar/),
    })
  })

  test('says when stable stays where it was, and a bare name says which version it shows', async () => {
    const args = ['template', 'push', await zoneroot('two'), '--name', 'two', '--brand', 'lx', '--version']
    expect((await cli(...args, '1')).stderr).toBe('')
    expect((await cli(...args, '2')).stderr).toBe(
      'stable still points to 1; zoneflash template promote two@2 --to stable\n',
    )
    expect((await cli('template', 'files', 'two')).stderr).toBe('showing two@1 (stable); candidate is 2\n')
    expect((await cli('template', 'files', 'two@2')).stderr).toBe('')
    const pulled = await cli('template', 'pull', 'two', '-o', path.join(work, 'two.tar'))
    expect(pulled.stderr).toContain('pulling two@1 ')
  })

  test.for([
    [['--name', 'new', '--version', 'v1'], 1, '--version is "v1", expected a version: begins with a digit'],
    [['--name', 'noBrand'], 2, '--name is "noBrand", expected a template name: lower case a-z'],
  ] as const)('with %j tells the option, its value and what was expected', async ([args, status, text]) => {
    const refused = await cli('template', 'push', await zoneroot('wrong'), '--brand', 'lx', ...args)
    expect(refused).toMatchObject({ status, stderr: expect.stringContaining(`zoneflash: ${text}`) })
    const file = path.join(work, 'a.tar')
    const resumable = await cli('template', 'push', file, '--brand', 'lx', ...args)
    expect(resumable).toMatchObject({ status, stderr: expect.stringContaining(`zoneflash: ${text}`) })
  })

  test('takes a sha256 in upper case', async () => {
    const file = path.join(work, 'a.tar')
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
      .toUpperCase()
    expect(
      await cli('template', 'push', file, '--name', 'upper', '--brand', 'lx', '--sha256', sha256),
    ).toMatchObject({ status: 0 })
  })

  test('of what is not there is refused before anything is asked of the server', async () => {
    expect(await cli('template', 'push', '/no/such', '--name', 'x')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('(CannotRead)'),
    })
  })
})

describe('template pull', () => {
  test('refuses a file that is there, unless it is told to replace it', async () => {
    const out = path.join(work, 'mine')
    await writeFile(out, 'mine\n')
    expect(await cli('template', 'pull', 'plain', '-o', out)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('(FileExists)'),
    })
    expect(await readFile(out, 'utf8')).toBe('mine\n')
    expect(await cli('template', 'pull', 'plain', '-o', out, '--force')).toMatchObject({ status: 0 })
    expect(await readFile(out, 'utf8')).not.toBe('mine\n')
  })

  test('into a directory that is not there says so in one line', async () => {
    const { status, stderr } = await cli('template', 'pull', 'plain', '-o', '/nodir/x')
    expect(status).toBe(1)
    expect(stderr).toMatch(/\nzoneflash: \/nodir\/x\.part cannot be written: .*\(CannotWrite\)\n$/)
  })
})

test('template files finds a path also in an archive of a zonepath, and says when there is none', async () => {
  const zonepath = path.join(work, 'zonepath')
  await mkdir(zonepath)
  await rename(await zoneroot('inner'), path.join(zonepath, 'root'))
  await cli('template', 'push', zonepath, '--name', 'whole', '--brand', 'lx')
  for (const prefix of ['etc', '/etc', 'root/etc', '/root/etc'])
    expect(await cli('template', 'files', 'whole', '--prefix', prefix), prefix).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('etc/passwd'),
    })
  expect(await cli('template', 'files', 'whole', '--prefix', '/nowhere')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is nothing below /nowhere in whole (NoSuchFiles)'),
  })
})

const MIB = 1024 * 1024

/** Passes connections on to the server and counts the bytes that clients send. */
async function countingProxy(target: string) {
  let bytes = 0
  let wanted = Infinity
  const reached = Promise.withResolvers<void>()
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1')
    client.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes >= wanted) reached.resolve()
    })
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    passed: () => bytes,
    hasPassed(count: number) {
      wanted = count
      return reached.promise
    },
    close: () => void server.close(),
  }
}

describe('every command', () => {
  test('lists as a table, and as JSON with --json', async () => {
    expect((await cli('template', 'list')).stdout).toMatch(
      /^NAME +KIND +VERSIONS +LATEST +PUBLIC +CHANNELS\n/,
    )
    const listed = JSON.parse((await cli('template', 'list', '--json')).stdout) as { name: string }[]
    expect(listed.map(({ name }) => name)).toContain('plain')
  })

  test.for([
    ...commandsOf('', 'up serve work config doctor audit'),
    ...commandsOf(
      'template',
      'list show push pull package files promote rm public rollback history canary revoke unrevoke',
    ),
    ...commandsOf('host', 'add set list show arm plan render events rm'),
    ...commandsOf('profile', 'list show set check import'),
    ...commandsOf('rules', 'check test show set history files put rm'),
    ...commandsOf('zone', 'list'),
    ...commandsOf('token', 'create list revoke'),
  ])('%s has --json and a help with an example', async (command) => {
    const { status, stdout } = await cli(...command.split(' '), '--help')
    expect(status).toBe(0)
    expect(stdout).toContain('--json')
    expect(stdout).toMatch(/Example:\n {2}\$ .*zoneflash/)
  })

  test.for([
    [['template'], 2],
    [['template', 'nope'], 2],
    [['template', 'rm', 'plain'], 2],
    [['template', 'push', '--name', 'x'], 2],
    [['token', 'create', 'x', '--role', 'king'], 2],
    [['template', 'show', 'unknown'], 1],
    [['host', 'show', 'unknown'], 1],
  ] as const)('%j ends with %i', async ([args, status]) => {
    expect((await cli(...args)).status).toBe(status)
  })

  test('ends with 3 when the server cannot be reached, and says how to start one', async () => {
    const { port } = await closedPort()
    const { status, stderr } = await product.cli(['template', 'list'], {
      ZONEFLASH_SERVER: `http://127.0.0.1:${port}`,
    })
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/\(ServerUnreachable\)\n {2}start it with/),
    })
  })

  test('finds the token that `zoneflash up` left in the data directory', async () => {
    expect(
      (await product.cli(['host', 'list'], { ZONEFLASH_TOKEN: '', ZONEFLASH_DATA: product.dataDir })).status,
    ).toBe(0)
    const none = await product.cli(['host', 'list'], { ZONEFLASH_TOKEN: '', ZONEFLASH_DATA: work })
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('set ZONEFLASH_TOKEN') })
  })

  test.for([
    [['template', 'show', 'unknown'], 1, 'TemplateNotFound'],
    [['template', 'nope'], 2, 'Usage'],
    [['template', 'rm', 'plain'], 2, 'Usage'],
  ] as const)('%j with --json fails in JSON', async ([args, status, code]) => {
    const failed = await cli(...args, '--json')
    expect(failed).toMatchObject({ status, stdout: '' })
    expect(JSON.parse(failed.stderr)).toEqual({ code, message: expect.any(String) })
  })

  test('names the role that it needs', async () => {
    const made = await cli('token', 'create', 'looker', '--role', 'viewer', '--json')
    const { secret } = JSON.parse(made.stdout) as { secret: string }
    const refused = await product.cli(['token', 'list'], { ZONEFLASH_TOKEN: secret })
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('\n  use a token with role admin;'),
    })
  })

  test('refuses a token that no header can carry, without showing it', async () => {
    const { status, stderr } = await product.cli(['host', 'list'], { ZONEFLASH_TOKEN: 'zf_secret\u2026' })
    expect(status).toBe(2)
    expect(stderr).toContain('ZONEFLASH_TOKEN holds')
    expect(stderr).not.toContain('secret')
  })

  test('is quiet when its reader has seen enough', () => {
    const env = { ...process.env, ZONEFLASH_SERVER: product.url, ZONEFLASH_TOKEN: product.adminToken }
    const script = `{ ${process.execPath} ${root}/cli/main.ts template files climbing; echo "$?" >&2; } | head -n 1`
    const { stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env })
    expect(stderr).toBe('0\n')
  })
})

function commandsOf(noun: string, verbs: string): string[] {
  return verbs.split(' ').map((verb) => `${noun} ${verb}`.trim())
}

async function closedPort(): Promise<{ port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return { port: typeof address === 'object' && address ? address.port : 0 }
}

test('the launcher works on whatever node there is, and passes exit code and signals on', async () => {
  const launcher = path.join(root, 'cli/zoneflash.mjs')
  expect(spawnSync(launcher, ['template', 'nope']).status).toBe(2)
  const env = { ...process.env, ZONEFLASH_DATA: path.join(work, 'launched'), ZONEFLASH_LISTEN: '127.0.0.1:0' }
  const child = spawn(launcher, ['up'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('gc tells of every object why it stays, and template keep says for how long', async () => {
  const directory = await zoneroot('kept')
  expect(await cli('template', 'push', directory, '--name', 'kept', '--brand', 'lx')).toMatchObject({
    status: 0,
  })
  const kept = await cli('template', 'keep', 'kept', '--last', '3', '--json')
  expect(JSON.parse(kept.stdout)).toEqual({ name: 'kept', keepLast: 3, keepDays: 14 })
  expect(await cli('template', 'keep', 'kept', '--last', 'all')).toMatchObject({ status: 2 })
  expect(await cli('template', 'keep', 'kept', '--last', '0')).toMatchObject({ status: 2 })
  const told = await cli('gc', '--dry-run')
  expect(told).toMatchObject({ status: 0, stderr: '' })
  expect(told.stdout).toMatch(/^keep +version +kept@.*channel candidate.*one of the last 3/m)
  expect(told.stdout).toMatch(/^[0-9]+ objects? would go and free /m)
  const lines = (await cli('gc', '--json')).stdout.trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'total', dryRun: false })
})
