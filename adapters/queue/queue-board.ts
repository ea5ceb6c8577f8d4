import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { Queue } from 'bullmq'
import type { RequestHandler } from 'express'

/** Below which address a board is mounted: it writes it into its page. */
export type QueueBoard = (basePath: string) => RequestHandler

/** bull-board over one queue, on either engine, read-only: it shows jobs and changes none. */
export function createQueueBoard(queue: Queue): QueueBoard {
  return (basePath) => {
    const server = new ExpressAdapter().setBasePath(basePath)
    createBullBoard({
      queues: [new BullMQAdapter(queue, { readOnlyMode: true })],
      serverAdapter: server,
      options: { uiConfig: { boardTitle: 'zoneflash jobs', hideDocsLink: true } },
    })
    const router = server.getRouter()
    router.disable('x-powered-by')
    return router
  }
}
