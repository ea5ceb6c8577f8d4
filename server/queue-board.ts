// /admin/queues: the jobs of the queue as pages, for admins. A browser asks for the token: any name, the token as password.
import type { Express, RequestHandler } from 'express'
import { ProvisionError } from '#core/errors.ts'
import type { RequireRole } from './auth.ts'
import type { Services } from './services.ts'

export const BOARD = '/admin/queues'

/** bull-board's page names its own address as base, has one inline style, and asks for a font of another host, which it does not get. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

/** It only shows: jobs are changed through builds, versions and installs, which know what they mean. */
export function mountQueueBoard(app: Express, { queueBoard }: Services, requireRole: RequireRole): void {
  if (!queueBoard) return
  app.use(BOARD, requireRole('admin', 'browser'), onlyReads, queueBoard(BOARD))
}

const onlyReads: RequestHandler = ({ method }, response, next) => {
  response.set({ 'content-security-policy': policy, 'cache-control': 'no-store' })
  if (method === 'GET' || method === 'HEAD') return next()
  throw new ProvisionError(
    'forbidden',
    'ReadOnly',
    `method is ${method}, expected GET: the board changes nothing`,
  )
}
