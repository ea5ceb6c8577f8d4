import { z } from 'zod'
import { ProvisionError } from './errors.ts'

/** Everything the processes may be told from outside, parsed once from environment variables. */
export interface Config {
  /** the directory that holds all state; like every path here it may be relative to the working directory */
  dataDir: string
  listen: { host: string; port: number }
  /** absent: no listener for the installers of old systems (server/legacy-server.ts) */
  legacyListen?: { host: string; port: number }
  /** how hosts reach the server, without a slash at its end */
  url: string
  /** absent: an embedded PostgreSQL under the data directory */
  databaseUrl?: string
  /** absent: the job queue lives in PostgreSQL */
  redisUrl?: string
  blobs: { kind: 'file'; root: string }
  /** where recipes are; absent: templates/ of the product itself */
  templatesDir?: string
  /** where the administrator puts files that recipes ask for */
  mediaDir: string
  /** paths of PEM files */
  tls?: { cert: string; key: string }
  limits: Limits
  /** after so long without a sign of life a worker counts as dead and its job goes to another */
  jobLockMs: number
  /** jobs that a worker does at a time */
  workerJobs: number
  /** older events of the audit log are forgotten */
  auditDays: number
  /** so many wrong tokens a minute from one address are looked up */
  wrongTokens: number
  /** who comes from this very machine publishes images without a token, as `imgadm publish` does */
  publishOnLoopback: boolean
}

/** What one uploaded artifact may contain at most. */
export interface Limits {
  maxEntries: number
  /** bytes as sent */
  maxBytes: number
  /** bytes after decompression */
  maxUncompressedBytes: number
  /** bytes of one name in an archive */
  maxNameBytes: number
}

const GIB = 1024 ** 3
const unitBytes: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: GIB, T: 1024 * GIB }

const Path = z
  .string()
  .min(1)
  .regex(/^[^\0]+$/)

const Listen = z.string().transform((text, context) => {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3])
  if (host === undefined || port > 65_535) {
    context.addIssue('invalid')
    return z.NEVER
  }
  return { host, port }
})

const webUrl = z
  .url({ protocol: /^https?$/ })
  .refine((text) => !/[?#]/.test(text))
  .transform((text) => text.replace(/\/+$/, ''))

const Blobs = z
  .string()
  .regex(/^file:[^\0]+$/)
  .transform((text) => text.slice('file:'.length))

const Count = z
  .string()
  .regex(/^[1-9][0-9]{0,14}$/)
  .transform(Number)

const Bytes = z
  .string()
  .regex(/^[1-9][0-9]{0,14}[KMGT]?$/)
  .transform((text) => Number(text.replace(/[KMGT]$/, '')) * (unitBytes[text.replace(/^[0-9]+/, '')] ?? 1))
  .refine(Number.isSafeInteger)

const Days = Count.refine((days) => days <= 36_500)

const WorkerJobs = Count.refine((jobs) => jobs <= 64)

const LockSeconds = Count.refine((seconds) => seconds <= 3600)

interface Variable<T> {
  schema: z.ZodType<T, string>
  expected: string
  /** a value that must not be printed whole */
  secret?: true
}

const variables = {
  ZONEFLASH_DATA: { schema: Path, expected: 'the path of a directory' },
  ZONEFLASH_LISTEN: { schema: Listen, expected: 'host:port such as 127.0.0.1:7070 or [::1]:7070' },
  ZONEFLASH_LEGACY_LISTEN: {
    schema: Listen,
    expected: 'host:port such as 192.0.2.1:7071, for the installers of old systems',
  },
  ZONEFLASH_URL: { schema: webUrl, expected: 'an http or https URL such as http://192.0.2.1:7070' },
  DATABASE_URL: {
    schema: z.url({ protocol: /^postgres(ql)?$/ }),
    expected: 'a URL such as postgres://user:password@host/database',
    secret: true,
  },
  REDIS_URL: {
    schema: z.url({ protocol: /^rediss?$/ }),
    expected: 'a URL such as redis://127.0.0.1:6379',
    secret: true,
  },
  ZONEFLASH_BLOBS: { schema: Blobs, expected: 'file:DIRECTORY' },
  ZONEFLASH_TEMPLATES: { schema: Path, expected: 'the path of a directory' },
  ZONEFLASH_MEDIA: { schema: Path, expected: 'the path of a directory' },
  ZONEFLASH_TLS_CERT: { schema: Path, expected: 'the path of a PEM file' },
  ZONEFLASH_TLS_KEY: { schema: Path, expected: 'the path of a PEM file' },
  ZONEFLASH_MAX_ENTRIES: { schema: Count, expected: 'a whole number above 0' },
  ZONEFLASH_MAX_BYTES: { schema: Bytes, expected: 'bytes such as 1048576, 512M or 64G' },
  ZONEFLASH_MAX_UNCOMPRESSED_BYTES: { schema: Bytes, expected: 'bytes such as 1048576, 512M or 256G' },
  ZONEFLASH_MAX_NAME_BYTES: { schema: Count, expected: 'a whole number above 0' },
  ZONEFLASH_WORKER_JOBS: { schema: WorkerJobs, expected: 'a whole number from 1 to 64' },
  ZONEFLASH_JOB_LOCK_SECONDS: { schema: LockSeconds, expected: 'whole seconds from 1 to 3600' },
  ZONEFLASH_WRONG_TOKENS: { schema: Count, expected: 'a whole number above 0' },
  ZONEFLASH_IMGADM_PUBLISH: { schema: z.enum(['token', 'loopback']), expected: 'token or loopback' },
  ZONEFLASH_AUDIT_DAYS: { schema: Days, expected: 'whole days from 1 to 36500' },
} satisfies Record<string, Variable<unknown>>
type VariableName = keyof typeof variables

/** The environment variables that {@link parseConfig} reads, in the order they are documented. */
export const configVariables = Object.keys(variables)

type Environment = Readonly<Record<string, string | undefined>>

function wrong(name: string, holds: string, expected: string): ProvisionError {
  return new ProvisionError('invalid', 'WrongSetting', `${name} is ${holds}, expected ${expected}`)
}

/** The parsed value of one variable; an empty one counts as absent. */
function read<N extends VariableName>(
  env: Environment,
  name: N,
): z.output<(typeof variables)[N]['schema']> | undefined {
  const { schema, expected, secret }: Variable<unknown> = variables[name]
  const text = env[name]
  if (text === undefined || text === '') return undefined
  const parsed = schema.safeParse(text)
  if (!parsed.success) throw wrong(name, secret ? maskUrl(text) : JSON.stringify(text), expected)
  return parsed.data as z.output<(typeof variables)[N]['schema']>
}

/**
 * Reads the configuration.
 * @throws WrongSetting with one line that names the variable, what it holds and what was expected
 */
export function parseConfig(env: Environment): Config {
  const dataDir = read(env, 'ZONEFLASH_DATA') ?? './data'
  const listen = read(env, 'ZONEFLASH_LISTEN') ?? { host: '127.0.0.1', port: 7070 }
  const legacyListen = read(env, 'ZONEFLASH_LEGACY_LISTEN')
  const tls = readTls(env)
  const databaseUrl = read(env, 'DATABASE_URL')
  const redisUrl = read(env, 'REDIS_URL')
  const templatesDir = read(env, 'ZONEFLASH_TEMPLATES')
  return {
    dataDir,
    listen,
    ...(legacyListen && { legacyListen }),
    url: read(env, 'ZONEFLASH_URL') ?? defaultUrl(listen, tls !== undefined),
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(redisUrl !== undefined && { redisUrl }),
    blobs: { kind: 'file', root: read(env, 'ZONEFLASH_BLOBS') ?? `${dataDir}/blobs` },
    ...(templatesDir !== undefined && { templatesDir }),
    mediaDir: read(env, 'ZONEFLASH_MEDIA') ?? './media',
    ...(tls && { tls }),
    limits: {
      maxEntries: read(env, 'ZONEFLASH_MAX_ENTRIES') ?? 2_000_000,
      maxBytes: read(env, 'ZONEFLASH_MAX_BYTES') ?? 64 * GIB,
      maxUncompressedBytes: read(env, 'ZONEFLASH_MAX_UNCOMPRESSED_BYTES') ?? 256 * GIB,
      maxNameBytes: read(env, 'ZONEFLASH_MAX_NAME_BYTES') ?? 1023,
    },
    workerJobs: read(env, 'ZONEFLASH_WORKER_JOBS') ?? 2,
    jobLockMs: (read(env, 'ZONEFLASH_JOB_LOCK_SECONDS') ?? 15) * 1000,
    wrongTokens: read(env, 'ZONEFLASH_WRONG_TOKENS') ?? 60,
    publishOnLoopback: read(env, 'ZONEFLASH_IMGADM_PUBLISH') === 'loopback',
    auditDays: read(env, 'ZONEFLASH_AUDIT_DAYS') ?? 400,
  }
}

function readTls(env: Environment): Config['tls'] {
  const cert = read(env, 'ZONEFLASH_TLS_CERT')
  const key = read(env, 'ZONEFLASH_TLS_KEY')
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined)
    throw wrong('ZONEFLASH_TLS_CERT', 'absent', 'a PEM file, as ZONEFLASH_TLS_KEY is set')
  if (key === undefined)
    throw wrong('ZONEFLASH_TLS_KEY', 'absent', 'a PEM file, as ZONEFLASH_TLS_CERT is set')
  return { cert, key }
}

/** The address to say when none was given: an address that means "every interface" is no address to fetch from. */
export function defaultUrl(listen: Config['listen'], tls: boolean): string {
  const anywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  const host = anywhere[listen.host] ?? listen.host
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}`
}

/** Where installers of old systems reach this server: its own address, by the listener for them where there is one. */
export function legacyUrl({ url, legacyListen }: Pick<Config, 'url' | 'legacyListen'>): string {
  if (legacyListen === undefined) return url
  return `http://${new URL(url).hostname}:${legacyListen.port}`
}

/** The configuration for printing: passwords in URLs are `****`. */
export function maskConfig(config: Config): Config {
  return {
    ...config,
    url: maskUrl(config.url),
    ...(config.databaseUrl !== undefined && { databaseUrl: maskUrl(config.databaseUrl) }),
    ...(config.redisUrl !== undefined && { redisUrl: maskUrl(config.redisUrl) }),
  }
}

/** Hides the password of a URL, also of one that does not parse, and a `password=` parameter. */
function maskUrl(text: string): string {
  return text
    .replace(/(\/\/[^/@:]*:).*(@)/, '$1****$2')
    .replace(/([?&](?:password|sslpassword)=)[^&]*/gi, '$1****')
}
