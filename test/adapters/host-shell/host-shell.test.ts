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

  test('that does not end when asked is killed', async () => {
    const stubborn = local.run(['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], { timeoutMs: 300 })
    await expect(stubborn).rejects.toMatchObject({ code: 'CommandStopped' })
  }, 20_000)

  test('ends with the signal of whoever waits for it', async () => {
    const giveUp = new AbortController()
    const running = local.run(['sh', '-c', 'echo begun; sleep 100'], {
      signal: giveUp.signal,
      onOutput: () => giveUp.abort(new Error('cancelled')),
    })
    await expect(running).rejects.toMatchObject({
      code: 'CommandStopped',
      message: expect.stringContaining('cancelled'),
    })
  })

  test('is heard while it speaks, and only the end of much is returned', async () => {
    let heard = 0
    const said = await local.run(['sh', '-c', 'yes | sed 10000000q; echo to stderr >&2; echo last'], {
      onOutput: (text) => (heard += text.length),
    })
    expect(heard).toBe(2 * 10_000_000 + 'to stderr\nlast\n'.length)
    expect(said.length).toBe(16 * 1024 * 1024)
    expect(said.endsWith('y\ny\nlast\n')).toBe(true)
  })

  test('takes a stream as input, and a stream that breaks off is its failure', async () => {
    const pieces = async function* (fail = false) {
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(100_000, 'x')
      if (fail) throw new Error('the source broke')
    }
    expect((await local.run(['wc', '-c'], { input: pieces() })).trim()).toBe('10000000')
    expect(await local.run(['true'], { input: pieces() })).toBe('')
    await expect(local.run(['wc', '-c'], { input: pieces(true) })).rejects.toThrow('the source broke')
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
    // does with its last argument what sshd does: gives it to the login shell, unless the host is away
    await writeFile(
      path.join(bin, 'ssh'),
      `#!/bin/sh\nprintf '%s\\n' "$@" >${bin}/asked\nfor last; do :; done\n[ -f ${bin}/away ] && exit 255\nexec sh -c "$last"\n`,
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
    await writeFile(path.join(bin, 'away'), '')
    await expect(shell.run(['true'])).rejects.toMatchObject({ code: 'HostUnreachable', kind: 'unavailable' })
  })

  test('a command that ends as ssh does when it fails has failed itself', async () => {
    const shell = openHostShell({ name: 'h1', transport: 'ssh:root@192.0.2.1' })
    const endingWith = (code: number) => shell.run(['sh', '-c', `cat; exit ${code}`], { input: 'text' })
    expect(await endingWith(0)).toBe('text')
    for (const [code, seen] of [
      [255, 254],
      [254, 254],
      [7, 7],
    ] as const)
      await expect(endingWith(code)).rejects.toMatchObject({ code: 'CommandFailed', details: { exit: seen } })
    const killed = shell.run(['sh', '-c', 'kill -KILL $$'])
    await expect(killed).rejects.toMatchObject({ code: 'CommandFailed', details: { exit: 137 } })
  })

  test('a command that hangs is stopped with its input open', async () => {
    const shell = openHostShell({ name: 'h1', transport: 'ssh:root@192.0.2.1' })
    const hanging = shell.run(['sh', '-c', 'sleep 100'], { timeoutMs: 300 })
    await expect(hanging).rejects.toMatchObject({ code: 'CommandStopped' })
  })
})
