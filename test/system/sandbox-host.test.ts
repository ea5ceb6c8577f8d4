import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestHost, runSandbox, sandboxCommand, sandboxLack, type TestHost } from './sandbox-fixture.ts'

/** Waits for something that a process outside our control brings about. */
async function eventually(claim: () => boolean, limitMs = 10_000): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    if (claim()) return true
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
  return false
}

describe.skipIf(sandboxLack)('a sandbox host', () => {
  let host: TestHost

  beforeAll(async () => {
    host = await createTestHost('box')
  })
  afterAll(() => host.destroy())

  test('passes input, output and exit status through unchanged', async () => {
    const outcome = await host.run(['sh', '-c', 'cat; echo out of order >&2; exit 7'], 'a\0b\n')
    expect(outcome).toEqual({ status: 7, stdout: 'a\0b\n', stderr: 'out of order\n' })
  })

  test('has a name, processes, settings and a pool of its own', async () => {
    expect(await host.must(['hostname'])).toBe('box\n')
    expect(await host.must(['sh', '-c', 'cat /proc/1/comm; ls /etc/zones'])).toBe(
      'bash\nSUNWblank.xml\nSUNWdefault.xml\nindex\n',
    )
    expect(await host.must(['zfs', 'list', '-H', '-o', 'name,mountpoint'])).toBe(
      'box\t/box\nbox/zoneflash\t/zoneflash\nbox/zones\t/zones\n',
    )
    await host.must(['sh', '-c', 'echo mine >/etc/mine && echo mine >/usr/bin/mine'])
    expect(existsSync('/etc/mine') || existsSync('/usr/bin/mine')).toBe(false)
  })

  test('says that file systems and pools which are in use stay', async () => {
    await host.must([
      'sh',
      '-ec',
      'zfs create box/kept; zfs snapshot box/kept@one; zfs clone box/kept@one box/of',
    ])
    const inUse = await host.run(['zfs', 'destroy', '-r', 'box/kept'])
    expect(inUse).toMatchObject({ status: 1, stdout: '' })
    expect(inUse.stderr).toContain('filesystem has dependent clones')
    const { status, stderr } = await host.run(['zpool', 'destroy', 'no-such-pool'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: "cannot open 'no-such-pool': no such pool\n" })
    await host.must(['zfs', 'destroy', '-R', 'box/kept'])
  })

  test('sees the repository read-only', async () => {
    const file = path.resolve(import.meta.dirname, 'scratch')
    expect((await host.run(['touch', file])).status).toBe(1)
    expect(existsSync(file)).toBe(false)
  })

  test('reaches a server that listens on the machine’s end of its uplink', async () => {
    const { root, host: own } = JSON.parse(
      (await runSandbox(host.directory, ['address', 'box', '--json'])).stdout,
    )
    const server = createServer((request, response) => {
      response.end(`hello ${request.socket.remoteAddress}`)
    }).listen(0, root)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(await host.must(['curl', '-sS', `http://${root}:${port}/`])).toBe(`hello ${own}`)
    server.close()
  })

  test('is listed, and a second one of the name is refused', async () => {
    expect((await runSandbox(host.directory, ['list'])).stdout).toMatch(
      /^box running illumos 198\.1[89]\.[0-9.]+ box\n$/,
    )
    const again = await runSandbox(host.directory, ['create', 'box'])
    expect(again.status).toBe(1)
    expect(again.stderr).toContain('box: is already running')
  })
})

describe.skipIf(sandboxLack)('when the process that a host’s life hangs on is killed', () => {
  test('supervisor, daemon, mounts, interface and files are gone', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-sandbox-'))
    const lifeline = spawn('sleep', ['600'])
    const created = await runSandbox(directory, [
      'create',
      'doomed',
      '--lifeline-pid',
      String(lifeline.pid),
      '--pool-size',
      '1G',
    ])
    expect(created).toEqual({ status: 0, stdout: '', stderr: '' })
    const { uplink } = JSON.parse((await runSandbox(directory, ['list', '--json'])).stdout)[0]
    const supervisor = readFileSync(path.join(directory, 'doomed/supervisor'), 'utf8').split(' ')[0]
    const inHost = () =>
      readdirSync('/proc').filter((pid) => {
        try {
          return /^[0-9]+$/.test(pid) && readFileSync(`/proc/${pid}/mounts`, 'utf8').includes('doomed/zones')
        } catch {
          return false
        }
      })
    expect(inHost()).toContain(supervisor)
    expect(Object.keys(networkInterfaces())).toContain(uplink)

    lifeline.kill('SIGKILL')
    expect(await eventually(() => readdirSync(directory).length === 0)).toBe(true)
    expect(inHost()).toEqual([])
    expect(await eventually(() => !existsSync(`/sys/class/net/${uplink}`))).toBe(true)
    rmSync(directory, { recursive: true })
  })
})

describe.skipIf(sandboxLack)('a host whose supervisor was killed', () => {
  test('cannot be entered and is swept by the next list', async () => {
    const host = await createTestHost('shot', ['--no-zfs'])
    const supervisor = readFileSync(path.join(host.directory, 'shot/supervisor'), 'utf8').split(' ')[0]
    process.kill(Number(supervisor), 'SIGKILL')
    expect(await eventually(() => !existsSync(`/proc/${supervisor}`))).toBe(true)
    const entered = await host.run(['true'])
    expect(entered).toMatchObject({ status: 1, stdout: '' })
    expect((await runSandbox(host.directory, ['list'])).stdout).toBe('')
    expect(readdirSync(host.directory)).toEqual([])
    await host.destroy()
  })
})

describe.skipIf(sandboxLack)('a host whose maker was killed before it was whole', () => {
  test('is swept by the next list, at whatever moment that was', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-sandbox-'))
    for (const afterMs of [60, 150, 250, 350]) {
      const maker = spawn(sandboxCommand, ['create', 'half', '--pool-size', '1G'], {
        env: { ...process.env, SANDBOX_DIR: directory },
        stdio: 'ignore',
      })
      await new Promise((resolve) => {
        setTimeout(resolve, afterMs)
      })
      maker.kill('SIGKILL')
      // the supervisor of a host that was just begun may still be on its way
      expect(
        await eventually(() => {
          spawnSync(sandboxCommand, ['list'], { env: { ...process.env, SANDBOX_DIR: directory } })
          return readdirSync(directory).filter((name) => !name.startsWith('.')).length === 0
        }),
      ).toBe(true)
    }
    expect(readdirSync('/proc').some((pid) => commandLine(pid).includes(directory))).toBe(false)
    rmSync(directory, { recursive: true })
  })
})

describe('a directory that no sandbox made', () => {
  test('is neither listed, swept nor destroyed', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'zoneflash-sandbox-'))
    for (const name of ['src', 'docs']) mkdirSync(path.join(directory, name, 'sub'), { recursive: true })
    expect(await runSandbox(directory, ['list'])).toMatchObject({ status: 0, stdout: '' })
    const destroyed = await runSandbox(directory, ['destroy', 'src'])
    expect(destroyed.status).toBe(1)
    expect(destroyed.stderr).toMatch(/was not made by sandbox create|root/)
    expect(readdirSync(directory)).toEqual(['docs', 'src'])
    rmSync(directory, { recursive: true })
  })
})

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
