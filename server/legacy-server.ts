// The second listener, for installers of old systems that end the lines of a request with a bare LF (jumpstart.md 2.3).
// Its parser is lenient, so it does nothing but let hosts fetch: one GET or HEAD for each connection, no body, no API.
import { createServer, type IncomingHttpHeaders, type Server, type ServerOptions } from 'node:http'
import express, { type Express, type RequestHandler } from 'express'
import { accessLog } from './access-log.ts'
import type { ApiError } from './api-error.ts'
import { mountArtifacts } from './artifacts.ts'
import { mountWanboot } from './boot/wanboot.ts'
import { completeBareRequestLines } from './bare-request-line.ts'
import { createErrorHandler, notFound } from './error-handler.ts'
import { mountInstallDocuments } from './install-documents.ts'
import type { ProcessShared } from './process-shared.ts'
import { securityHeaders } from './security-headers.ts'
import type { Services } from './services.ts'

const limits: ServerOptions = {
  /** takes bare LF; node's strict parser answers 400 (measured on node 24) */
  insecureHTTPParser: true,
  maxHeaderSize: 8 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 5000,
  keepAlive: false,
}
const MAX_HEADERS = 50
const MAX_CONNECTIONS = 512
/** milliseconds without a byte in either direction */
const IDLE_TIMEOUT = 300_000

/** It does not listen yet. */
export function createLegacyServer(services: Services, shared: ProcessShared): Server {
  const server = createServer(limits, createLegacyApplication(services, shared))
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = IDLE_TIMEOUT
  // What a lenient parser takes for a second request is never answered: its beginning is a matter of opinion.
  server.maxRequestsPerSocket = 1
  // Who sends its request and closes its side, as nc does, waits for the answer all the same. Node has no public name for it.
  Object.assign(server, { httpAllowHalfOpen: true })
  completeBareRequestLines(server)
  return server
}

function createLegacyApplication(services: Services, shared: ProcessShared): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((_request, response, next) => {
    response.set('connection', 'close')
    next()
  })
  app.use(accessLog(services.log), shared.metrics.count(), securityHeaders(false), onlyFetching)
  mountArtifacts(app, services, shared, 'jumpstart')
  mountWanboot(app, services, shared)
  mountInstallDocuments(app, services, shared)
  app.use(notFound)
  app.use(createErrorHandler(services.log))
  return app
}

/** GET and HEAD without a body. */
const onlyFetching: RequestHandler = (request, response, next) => {
  response.set('cache-control', 'no-store')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.status(405).set('allow', 'GET, HEAD')
    response.json({
      code: 'MethodNotAllowed',
      message: `this address answers GET and HEAD, not ${request.method}`,
    } satisfies ApiError)
    return
  }
  if (hasBody(request.headers)) {
    response.status(400)
    response.json({
      code: 'BodyNotExpected',
      message: 'a body came with the request, expected none',
    } satisfies ApiError)
    return
  }
  next()
}

function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}
