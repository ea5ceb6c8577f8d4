// The main job as the README promises it: `make demo`, again, and `make demo-clean`, by the same scripts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeWebminDeb } from '#test/fixtures/webmin-packages.ts'
import { sandboxLack } from './sandbox-fixture.ts'

const root = path.resolve(import.meta.dirname, '../..')

describe.skipIf(sandboxLack !== undefined)('the demo', () => {
  let folder: string
  let env: NodeJS.ProcessEnv
  let first: { status: number | null; output: string }

  async function run(script: string): Promise<{ status: number | null; output: string }> {
    const child = spawn(path.join(root, 'demo', script), { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => (output += piece.toString()))
    const [status] = (await once(child, 'exit')) as [number | null]
    return { status, output }
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zoneflash-demo-'))
    const media = path.join(folder, 'media')
    await mkdir(media)
    makeWebminDeb(path.join(media, 'webmin.deb'))
    env = {
      ...process.env,
      ZONEFLASH_MEDIA: media,
      XDG_CONFIG_HOME: path.join(folder, 'config'),
      ZONEFLASH_DEMO: path.join(folder, 'demo'),
      SANDBOX_DIR: path.join(folder, 'sandbox'),
      ZONEFLASH_LIFELINE: String(process.pid),
    }
    first = await run('demo.sh')
  }, 900_000)

  afterAll(async () => {
    await run('clean.sh')
    await rm(folder, { recursive: true, force: true })
  }, 120_000)

  test('it ends with exit 0, the status of the database and of the web zone', () => {
    expect(first.status, first.output).toBe(0)
    // builds say theirs too
    expect(first.output).toMatch(
      /^== mysql01, mysql02: mysqladmin status(\nUptime: \d+ {2}Threads: \d.*){2}$/m,
    )
    expect(first.output).toMatch(/^HTTP\/1\.1 200 OK/m)
    expect(first.output).toMatch(/^ +\d+ mysql01 +running +\/zones\/mysql01 +lx/m)
    expect(first.output).toMatch(/^ +\d+ web01 +running +\/zones\/web01 +lx/m)
    expect(first.output).toMatch(/install +done/)
  })

  test('both databases came by personal streams of some kilobytes', () => {
    const received = [...first.output.matchAll(/^ {3}(\S+): ([0-9.]+) KiB received in [0-9.]+ s$/gm)]
    expect(received.map((row) => row[1])).toEqual(['mysql01', 'mysql02'])
    for (const [, zone, kib] of received) expect(Number(kib), zone).toBeLessThan(1024)
    expect(first.output).toMatch(/\/zones\/mysql02 +\S+ +\S+\/zoneflash\/mysql@\S+$/m)
    expect(first.output).not.toMatch(/^zoneflash: flashmysql: attach/m)
  })

  test('clones have identities of their own, templates none', () => {
    const rows = [...first.output.matchAll(/^demo-host +(\S+) +(\S+) +([0-9a-f]{32}) +(SHA256:\S+)$/gm)]
    expect(rows.map((row) => row[1])).toEqual(['mysql01', 'mysql02', 'web01', 'web02'])
    for (const column of [2, 3, 4]) expect(new Set(rows.map((row) => row[column])).size).toBe(4)
    expect(first.output.match(/^(?:mysql|web)@\S+ .*clean/gm)).toHaveLength(2)
  })

  test('webmin is built too, as its package is in media/, and each clone gets a key of its own', () => {
    expect(first.output).toMatch(/^webmin@stable is now \d/m)
    expect(first.output).toMatch(/^Webmin runs$/m)
    // the key that its package made would be the same in every clone
    expect(first.output).toMatch(/^its key is of webmin-.*-clone$/m)
  })

  test('clones of default are also sent as an increment and as a layer to it', () => {
    expect(first.output.match(/^zfs-incremental none \d+ bytes sha256 [0-9a-f]{64}$/gm)).toHaveLength(3)
    expect(first.output.match(/^layer zstd \d+ bytes sha256 [0-9a-f]{64}$/gm)).toHaveLength(3)
  })

  test('a second run reuses hosts, templates and zones, and says so', async () => {
    const second = await run('demo.sh')
    expect(second.status, second.output).toBe(0)
    for (const thing of ['sandbox host golden', 'sandbox host demo-host', 'the server', 'mysql@', 'web@'])
      expect(second.output).toContain(`reused: ${thing}`)
    expect(second.output).not.toMatch(/boot +started/)
    expect(second.output).toMatch(/install +done/)
  }, 180_000)

  test('demo-clean removes hosts, server and data', async () => {
    const cleaned = await run('clean.sh')
    expect(cleaned.status, cleaned.output).toBe(0)
    expect(existsSync(path.join(folder, 'demo'))).toBe(false)
    const list = spawn(path.join(root, 'sandbox/bin/sandbox'), ['list'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let hosts = ''
    list.stdout.on('data', (piece: Buffer) => (hosts += piece.toString()))
    await once(list, 'close')
    expect(hosts).toBe('')
  }, 120_000)
})
