import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { Client } from '#cli/client.ts'
import { uploadResumable } from '#cli/upload/resumable-upload.ts'

afterEach(() => vi.unstubAllEnvs())

test('an upload that another command is just finishing is sent anew, and answered', async () => {
  const work = await mkdtemp(path.join(tmpdir(), 'zoneflash-upload-'))
  vi.stubEnv('XDG_STATE_HOME', work)
  const file = path.join(work, 'web.tar')
  await writeFile(file, 'bytes')
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.method ?? '')
    response.setHeader('tus-resumable', '1.0.0')
    request.resume().on('end', () => {
      if (request.method === 'POST') {
        const url = `/api/v1/uploads/${asked.length}`
        return void response.writeHead(201, { location: url }).end()
      }
      if (request.method === 'HEAD')
        return void response.writeHead(200, { 'upload-offset': '5', 'upload-length': '5' }).end()
      // the first is told nothing: its connection is lost for good
      if (asked.length === 2) return void response.writeHead(400).end('lost')
      response.writeHead(200, { 'upload-offset': '5' }).end('{"ready":true}')
    })
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = new Client({ server: url, token: 'zf_x' })
    const upload = { file, metadata: { name: 'web' }, onProgress: () => undefined }
    await expect(uploadResumable(client, upload)).rejects.toMatchObject({ code: 'Http400' })
    expect(await uploadResumable(client, upload)).toBe('{"ready":true}')
    expect(asked).toEqual(['POST', 'PATCH', 'HEAD', 'POST', 'PATCH'])
  } finally {
    server.close()
    await rm(work, { recursive: true, force: true })
  }
})
