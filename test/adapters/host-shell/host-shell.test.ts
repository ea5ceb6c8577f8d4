import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'

const local = openHostShell({ name: 'here', transport: 'local' })

describe('a command on a host', () => {
  test('gets its arguments and its input as they are', async () => {
    expect(await local.run(['printf', '%s|', 'a b', "it's", '$HOME'])).toBe("a b|it's|$HOME|")
    expect(await local.run(['cat'], { input: 'text' })).toBe('text')
  })

  test('that fails says its exit code and its last words', async () => {
    const failing = local.run(['sh', '-c', 'echo first >&2; echo last words >&2; exit 7'])
    await expect(failing).rejects.toMatchObject({
      code: 'CommandFailed',
      kind: 'conflict',
      message: expect.stringMatching(/ended with 7: .*last words/),
    })
  })

  test('that does not exist fails as a command', async () => {
    await expect(local.run(['/no/such/command'])).rejects.toMatchObject({ code: 'CommandFailed' })
  })

  test('that hangs is stopped, with all that it started', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'zoneflash-hanging-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const pidFile = path.join(folder, 'pid')
    const hanging = local.run(['sh', '-c', 'sleep 100 & echo $! >"$0"; wait', pidFile], { timeoutMs: 500 })
    await expect(hanging).rejects.toMatchObject({ code: 'CommandStopped', kind: 'unavailable' })
    const started = (await readFile(pidFile, 'utf8')).trim()
    await vi.waitFor(
      () => expect(existsSync(`/proc/${started}`), `process ${started} lives on`).toBe(false),
      {
        timeout: 15_000, // whoever adopts it may take its time
      },
    )
  })

  test('whose stream ends with an error fails the stream', async () => {
    const read = async () => {
      for await (const _chunk of local.stream(['sh', '-c', 'echo data; exit 1'])) continue
    }
    await expect(read()).rejects.toMatchObject({ code: 'CommandFailed' })
  })

  test('without a transport is refused with what is expected', () => {
    expect(() => openHostShell({ name: 'h1', transport: undefined })).toThrow(
      /h1 has no transport, expected local/,
    )
  })
})

describe('over ssh', () => {
  let bin: string
  beforeEach(async () => {
    bin = await mkdtemp(path.join(tmpdir(), 'zoneflash-ssh-'))
    // does with its last argument what sshd does: gives it to the login shell
    await writeFile(
      path.join(bin, 'ssh'),
      `#!/bin/sh\nprintf '%s\\n' "$@" >${bin}/asked\nfor last; do :; done\nexec sh -c "$last"\n`,
    )
    await chmod(path.join(bin, 'ssh'), 0o755)
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(bin, { recursive: true, force: true })
  })

  test('no argument breaks out of the remote shell', async () => {
    const shell = openHostShell({ name: 'h1', transport: 'ssh:root@192.0.2.1:2222' })
    const nasty = ["it's", '$(id)', '`id`', 'a\nb', '"; rm -rf /', '\\', '*', '']
    expect((await shell.run(['printf', '%s\\0', ...nasty])).split('\0').slice(0, -1)).toEqual(nasty)
    const asked = (await readFile(path.join(bin, 'asked'), 'utf8')).split('\n')
    expect(asked).toEqual(expect.arrayContaining(['BatchMode=yes', '-p', '2222', 'root@192.0.2.1']))
  })

  test('a connection that fails is no verdict of the command: it is tried again later', async () => {
    const shell = openHostShell({ name: 'h1', transport: 'ssh:root@192.0.2.1' })
    await expect(shell.run(['sh', '-c', 'exit 255'])).rejects.toMatchObject({
      code: 'HostUnreachable',
      kind: 'unavailable',
    })
  })
})
