// A push of a directory whose tar and whose server end in an unlucky order.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'

const main = path.resolve(import.meta.dirname, '../../../cli/main.ts')
let work: string

beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'zoneflash-refusals-'))
  await mkdir(path.join(work, 'tree/etc'), { recursive: true })
})
afterEach(() => rm(work, { recursive: true, force: true }))

/** A tar in front of the real one on PATH. */
async function wrapTar(script: string): Promise<void> {
  const file = path.join(work, 'tar')
  const real = `PATH=\${PATH#*:}`
  await writeFile(file, `#!/bin/sh\n${real}; [ "$1" != --version ] || exec tar --version\n${script}\n`)
  await chmod(file, 0o755)
}

/** A server that refuses once bytes of the archive have come, or at its end. */
async function startRefusing(when: 'at once' | 'at the end'): Promise<string> {
  const server = createServer((request, response) => {
    let seen = ''
    const refuse = () => {
      response.writeHead(409, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code: 'VersionExists', message: 'there is a hs@1 already' }))
    }
    if (when === 'at the end') request.on('end', refuse)
    request.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1')
      if (when === 'at once' && !response.headersSent && seen.includes('octet-stream\r\n\r\n')) refuse()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

async function push(server: string): Promise<{ status: unknown; stderr: string }> {
  const args = ['template', 'push', path.join(work, 'tree'), '--name', 'hs', '--brand', 'lx']
  const env = {
    ...process.env,
    PATH: `${work}:${process.env['PATH']}`,
    ZONEFLASH_SERVER: server,
    ZONEFLASH_TOKEN: 'zf_x',
  }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  const [status] = (await once(child, 'close')) as [unknown]
  return { status, stderr }
}

test('a refusal of the server is told also when tar fails at the same time', async () => {
  await wrapTar('printf x; echo "tar: broken pipe" >&2; exit 2')
  expect(await push(await startRefusing('at once'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^zoneflash: there is a hs@1 already \(VersionExists\)/),
  })
})

test('a tar that closes its output before it ends is let end by itself', async () => {
  await wrapTar('tar "$@"; exec >&-; sleep 0.3; exit 0')
  const { stderr } = await push(await startRefusing('at the end'))
  expect(stderr).toContain('(VersionExists)')
})

test('a tar that fails in silence is told with how it ended', async () => {
  await wrapTar('kill -TERM $$')
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  expect((await push(`http://127.0.0.1:${port}`)).stderr).toMatch(/ended by SIGTERM \(PackingFailed\)/)
})
