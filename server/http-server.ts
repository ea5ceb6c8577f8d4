// The Express application: every surface of the server on one router.
import express, { type Express } from 'express'
import { accessLog } from './access-log.ts'
import { apiRoutes } from './api/routes.ts'
import { mountUploads } from './api/uploads.ts'
import { mountArtifacts } from './artifacts.ts'
import { mountKayak } from './boot/kayak.ts'
import { mountWanboot } from './boot/wanboot.ts'
import { createRequireRole } from './auth.ts'
import { createErrorHandler, notFound } from './error-handler.ts'
import { mountImages } from './images/mount-images.ts'
import { mountInstallDocuments } from './install-documents.ts'
import { describeRoutes } from './openapi.ts'
import { mountOperations } from './operations.ts'
import { mountPages } from './pages.ts'
import { createProcessShared } from './process-shared.ts'
import { mountQueueBoard } from './queue-board.ts'
import { mountRoutes } from './route.ts'
import { securityHeaders } from './security-headers.ts'
import type { Services } from './services.ts'

/** Node's pipeline alone sets seven for an answer that is streamed; the log, the metrics and the route set theirs. */
const MAX_LISTENERS = 20

/** Assembles the application. It listens nowhere yet: see node-server.ts. */
export function createHttpServer(services: Services, shared = createProcessShared(services)): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((_request, response, next) => {
    response.setMaxListeners(MAX_LISTENERS)
    next()
  })
  const { metrics, wrongTokens } = shared
  app.use(accessLog(services.log), metrics.count(), securityHeaders(services.config.tls !== undefined))

  mountOperations(app, services, shared)
  mountArtifacts(app, services, shared)
  mountImages(app, services, shared)
  mountWanboot(app, services, shared)
  mountKayak(app, services, shared)
  mountInstallDocuments(app, services, shared)
  const requireRole = createRequireRole(services.tokens, wrongTokens)
  const routes = apiRoutes(services)
  mountRoutes(app, routes, requireRole, (limit) => express.json({ limit, strict: false }))
  mountUploads(app, services, requireRole)
  mountQueueBoard(app, services, requireRole)
  mountPages(app, describeRoutes(routes))

  app.use(notFound)
  app.use(createErrorHandler(services.log))
  return app
}
