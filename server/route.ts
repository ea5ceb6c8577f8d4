// One API route as a value: mounted as a handler, checked on the way in and out, and described in the OpenAPI document.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type { Express, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { ApiToken } from '#app/ports/access.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Role } from '#core/role.ts'
import type { RequireRole } from './auth.ts'

type Shape = z.ZodObject | undefined
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a handler is given: inputs already parsed, and who asks. */
export interface Call<P extends Shape, Q extends Shape, B extends z.ZodType | undefined> {
  params: Parsed<P>
  query: Parsed<Q>
  body: Parsed<B>
  /** the caller's token; its name goes into the audit log */
  token: ApiToken
  request: Request
  /** aborted when the caller goes away */
  signal: AbortSignal
}

export interface RouteSpec<
  P extends Shape,
  Q extends Shape,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  path: `/api/${string}`
  /** the least role that may call it */
  role: Role
  summary: string
  params?: P
  query?: Q
  body?: B
  /** of the body as JSON; default 1mb */
  bodyLimit?: `${number}mb`
  /** the answer; for `media` other than JSON, one piece of it */
  reply: R
  /** default 200; 204 for a reply of z.undefined() */
  status?: 200 | 201 | 202
  /** default application/json; otherwise the handler returns a string, or pieces that are streamed */
  media?: 'text/plain' | 'application/x-ndjson'
  /** the same resource as server-sent events, for those who ask with Accept: text/event-stream */
  events?: (call: Call<P, Q, B>) => Promise<AsyncIterable<ServerSentEvent>>
  handle: (call: Call<P, Q, B>) => Promise<unknown>
}

/** An event, or a comment that keeps the connection from looking idle. */
export type ServerSentEvent = { id: string; data: unknown } | { comment: string }

/** A route whose types have done their work: what mounting and describing need. */
export interface Route {
  readonly method: RouteSpec<undefined, undefined, undefined, z.ZodType>['method']
  readonly path: string
  readonly role: Role
  readonly summary: string
  readonly params: z.ZodObject | undefined
  readonly query: z.ZodObject | undefined
  readonly body: z.ZodType | undefined
  readonly bodyLimit: string
  readonly reply: z.ZodType
  readonly status: number
  readonly media: string
  readonly hasEvents: boolean
  readonly answer: (request: Request, response: Response) => Promise<void>
}

/** Makes a route value. */
export function route<
  R extends z.ZodType,
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B, R>): Route {
  const media = spec.media ?? 'application/json'
  const status = spec.reply instanceof z.ZodUndefined ? 204 : (spec.status ?? 200)
  return {
    method: spec.method,
    path: spec.path,
    role: spec.role,
    summary: spec.summary,
    params: spec.params,
    query: spec.query,
    body: spec.body,
    bodyLimit: spec.bodyLimit ?? '1mb',
    reply: spec.reply,
    status,
    media,
    hasEvents: spec.events !== undefined,
    async answer(request, response) {
      const call = readCall(spec, request, response)
      if (spec.events && request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream') {
        return streamEvents(response, await spec.events(call))
      }
      const result = await spec.handle(call)
      response.status(status).set('cache-control', 'no-store')
      if (status === 204) response.end()
      else if (media === 'application/json') response.json(checkReply(spec.reply, result))
      else if (typeof result === 'string') response.type(media).send(result)
      else await streamPieces(response, media, result as AsyncIterable<unknown>)
    },
  }
}

/** Mounts routes on the application, each behind its role. */
export function mountRoutes(
  app: Express,
  routes: readonly Route[],
  requireRole: RequireRole,
  readBody: (limit: string) => RequestHandler,
): void {
  for (const { method, path, role, body, bodyLimit, answer } of routes) {
    const steps: RequestHandler[] = [requireRole(role), ...(body ? [readBody(bodyLimit)] : [])]
    app[method](path, ...steps, (request, response) => answer(request, response))
  }
}

function readCall<P extends Shape, Q extends Shape, B extends z.ZodType | undefined>(
  spec: Pick<RouteSpec<P, Q, B, z.ZodType>, 'params' | 'query' | 'body'>,
  request: Request,
  response: Response,
): Call<P, Q, B> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return {
    params: parseInput<P>('path', spec.params, request.params),
    query: parseInput<Q>('query', spec.query, request.query),
    body: parseInput<B>('body', spec.body, request.body),
    token: response.locals['token'] as ApiToken,
    request,
    signal: gone.signal,
  }
}

/** @throws InvalidRequest with the offending fields in details */
function parseInput<S extends z.ZodType | undefined>(
  where: string,
  schema: S | undefined,
  value: unknown,
): Parsed<S> {
  if (!schema) return undefined as Parsed<S>
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as Parsed<S>
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
  const told = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  throw new ProvisionError('invalid', 'InvalidRequest', `${where}: ${told}`, { details: { where, issues } })
}

/** Only what the schema names leaves the server; an answer that does not fit is a bug. */
function checkReply(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(`reply does not fit its schema: ${z.prettifyError(parsed.error)}`)
}

/** Pieces as they come, at the reader's pace. The first is awaited before the status goes out: it may be a failure. */
async function streamPieces(
  response: Response,
  media: string,
  pieces: AsyncIterable<unknown>,
): Promise<void> {
  const lines = linesOf(pieces)
  const first = await lines.next()
  response.type(media)
  if (first.done) response.end()
  else await pipeline(Readable.from(startingWith(first.value, lines)), response).catch(whenReaderLeft)
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncIterable<string> {
  yield first
  yield* rest
}

async function* linesOf(pieces: AsyncIterable<unknown>): AsyncGenerator<string, void> {
  let chunk = ''
  for await (const piece of pieces) {
    chunk += `${JSON.stringify(piece)}\n`
    if (chunk.length < 64 * 1024) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

async function streamEvents(response: Response, events: AsyncIterable<ServerSentEvent>): Promise<void> {
  response.status(200).set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  await pipeline(Readable.from(eventText(events)), response).catch(whenReaderLeft)
}

async function* eventText(events: AsyncIterable<ServerSentEvent>): AsyncIterable<string> {
  for await (const event of events) {
    if ('comment' in event) yield `: ${event.comment}\n\n`
    else yield `id: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`
  }
}

/** A reader that goes away is no failure of ours. */
export function whenReaderLeft(error: unknown): void {
  if ((error as { code?: unknown } | undefined)?.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
}
