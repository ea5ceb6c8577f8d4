// The server's API as functions: one place that knows addresses, tokens and how errors travel.
import { z } from 'zod'
import { Role } from '#core/role.ts'
import { CliFailure, exitCode } from './failures.ts'
import type { ClientSettings } from './settings.ts'

const ErrorReply = z.looseObject({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** sent as JSON */
  body?: unknown
  query?: Record<string, string | undefined>
  headers?: Record<string, string>
  signal?: AbortSignal
}

export class Client {
  readonly server: string
  readonly #token: string | undefined

  constructor({ server, token }: ClientSettings) {
    this.server = server
    this.#token = token
  }

  /** The headers that say who calls. */
  get credentials(): Record<string, string> {
    return this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }
  }

  /** `/api/v1/hosts`, `{profile: 'a b'}` → the whole URL. */
  url(route: string, query: Record<string, string | undefined> = {}): URL {
    const url = new URL(`${this.server}${route}`)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value)
    return url
  }

  /** The response of a request that succeeded. @throws CliFailure with the server's code */
  async open(
    route: string,
    { method = 'GET', body, query, headers, signal }: CallOptions = {},
  ): Promise<Response> {
    const url = this.url(route, query)
    const request: RequestInit = {
      method,
      headers: {
        ...this.credentials,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }
    const response = await fetch(url, request).catch((cause: unknown) => {
      throw unreachable(this.server, cause)
    })
    if (!response.ok) throw failureOfReply(response.status, await response.text())
    return response
  }

  /** The bytes of a reply. @throws CliFailure with the server's code */
  async openBytes(route: string, options?: CallOptions): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.open(route, options)
    return body ?? new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
  }

  /** Calls and parses the JSON reply. */
  async call<T>(schema: z.ZodType<T>, route: string, options?: CallOptions): Promise<T> {
    const reply = await this.open(route, options)
    return parseReply(schema, route, await reply.text())
  }

  /** Calls for the effect alone. */
  async act(route: string, options: CallOptions): Promise<void> {
    await (await this.open(route, options)).arrayBuffer()
  }
}

/** @throws CliFailure when the server speaks another version of the API */
export function parseReply<T>(schema: z.ZodType<T>, route: string, text: string): T {
  const parsed = schema.safeParse(jsonOrUndefined(text))
  if (parsed.success) return parsed.data
  throw new CliFailure(
    exitCode.refused,
    'UnexpectedReply',
    `the reply of ${route} is not what this version expects: ${z.prettifyError(parsed.error)}`,
    { advice: 'check that ZONEFLASH_SERVER is a zoneflash server of the same version' },
  )
}

/** The failure that a reply with an error status stands for. */
export function failureOfReply(status: number, text: string): CliFailure {
  const reply = ErrorReply.safeParse(jsonOrUndefined(text))
  return reply.success
    ? replyFailure(status, reply.data)
    : new CliFailure(
        exitCode.refused,
        `Http${status}`,
        `the server answered ${status}: ${text.slice(0, 200).trim()}`,
        { status },
      )
}

function replyFailure(status: number, { code, message, details }: z.infer<typeof ErrorReply>): CliFailure {
  const role = Role.safeParse(details?.['role'])
  return new CliFailure(exitCode.refused, code, message, {
    status,
    ...(details && { details }),
    ...(code === 'RoleTooLow' && role.success && { advice: adviceForRole(role.data) }),
  })
}

const adviceForRole = (role: Role): string =>
  `use a token with role ${role}; an admin makes one: \`zoneflash token create NAME --role ${role}\``

export function unreachable(server: string, cause: unknown): CliFailure {
  const reason = deepest(cause)
  return new CliFailure(exitCode.unreachable, 'ServerUnreachable', `no answer from ${server}: ${reason}`, {
    cause,
  })
}

/** fetch says only "fetch failed"; the reason is at the end of the chain of causes. */
function deepest(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return deepest(cause.errors[0])
  if (cause instanceof Error) return cause.cause === undefined ? cause.message : deepest(cause.cause)
  return String(cause)
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
