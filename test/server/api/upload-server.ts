// An application with nothing but uploads, on fakes and a real blob store; also run as a process of its own to be killed.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { pino } from 'pino'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import type { BlobStore } from '#app/ports/blobs.ts'
import { parseConfig } from '#core/config.ts'
import { mountUploads } from '#server/api/uploads.ts'
import { createErrorHandler } from '#server/error-handler.ts'
import { systemClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'

export async function startUploadServer(root: string, env: Record<string, string> = {}, blobs?: BlobStore) {
  const config = parseConfig({ ZONEFLASH_BLOBS: `file:${root}`, ...env })
  const catalog = new MemoryTemplateCatalog()
  const store = blobs ?? new FileBlobStore(root)
  const audit = new MemoryAuditLog()
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const app = express()
  mountUploads(
    app,
    {
      config,
      catalog,
      channels: new MemoryChannelStore(catalog),
      blobs: store,
      audit,
      clock: systemClock,
      log,
    },
    () => (request, response, next) => {
      response.locals['token'] = { name: request.get('authorization') ?? 'somebody' }
      next()
    },
  )
  app.use(createErrorHandler(log))
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    catalog,
    blobs: store,
    audit,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const [, , root = ''] = process.argv
  const { url } = await startUploadServer(root)
  process.stdout.write(`${url}\n`)
}
