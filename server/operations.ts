// /healthz, /readyz and /metrics: what monitors ask.
import type { Express } from 'express'
import type { ProcessShared } from './process-shared.ts'
import type { Services } from './services.ts'

/** A check that takes longer than this many milliseconds has failed. */
const PATIENCE = 5000

/** Alive: the process answers. Ready: its database and blob store do too. */
export function mountOperations(app: Express, services: Services, { metrics }: ProcessShared): void {
  app.get('/healthz', (_request, response) => {
    response.set('cache-control', 'no-store').json({ status: 'ok' })
  })

  app.get('/readyz', async (_request, response) => {
    const [database, blobs] = await Promise.all([
      works(services.hosts.find('readyz')),
      works(services.blobs.freeSpace()),
    ])
    const ready = database && blobs
    response.status(ready ? 200 : 503).set('cache-control', 'no-store')
    response.json({ status: ready ? 'ok' : 'unavailable', database, blobs })
  })

  app.get('/metrics', async (_request, response) => {
    const { type, text } = await metrics.text()
    response.set({ 'content-type': type, 'cache-control': 'no-store' }).send(text)
  })
}

async function works(check: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), PATIENCE)
  try {
    const done = check.then(
      () => true,
      () => false,
    )
    return await Promise.race([done, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
