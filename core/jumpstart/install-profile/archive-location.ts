// Where a flash archive comes from (jumpstart.md 2.3).
import { counted } from '../problem.ts'
import { unwise, wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { checkOptions, type Options } from './options.ts'
import {
  absolutePath,
  among,
  complain,
  expecting,
  hostAndPort,
  hostName,
  wholeNumber,
  type CheckWord,
} from './words.ts'

const word = expecting(/^[!-~]{1,256}$/, 'a word')
const device = expecting(/^(\/dev\/[!-~]{1,200}|c[0-9]{1,4}[!-~]{1,60})$/, 'a device such as /dev/rmt/0')

const retry: Options = { retry: [['retry', wholeNumber(0, 1000)]] }
const proxy: Options = { proxy: [['proxy', hostAndPort]] }
/** minutes; 0: never opened again */
const timeout: Options = { timeout: [['timeout', wholeNumber(0, 100_000)]] }
const auth: Options = {
  auth: [
    ['auth', among('basic')],
    ['user', word],
    ['password', word],
  ],
}

interface Shape {
  /** one word each, before the options */
  words: readonly (readonly [name: string, check: CheckWord])[]
  options: Options
  /** of an optional word after the others */
  last?: readonly [name: string, check: CheckWord]
}

const http: Options = { ...auth, ...timeout, ...proxy }
const shapes: Readonly<Record<string, Shape>> = {
  nfs: { words: [['location', nfsLocation]], options: retry },
  http: {
    words: [
      ['server', hostAndPort],
      ['path', absolutePath],
    ],
    options: http,
  },
  https: {
    words: [
      ['server', hostAndPort],
      ['path', absolutePath],
    ],
    options: http,
  },
  ftp: {
    words: [
      ['server', ftpServer],
      ['path', absolutePath],
    ],
    options: { ...timeout, ...proxy },
  },
  local_tape: { words: [['device', device]], options: {}, last: ['position', wholeNumber(0, 100_000)] },
  local_device: {
    words: [
      ['device', device],
      ['path', absolutePath],
    ],
    options: {},
    last: ['file system', expecting(/^[a-z][a-z0-9]{0,15}$/, 'a kind of file system such as ufs')],
  },
  local_file: { words: [['path', absolutePath]], options: {} },
}

/** `http 192.0.2.10:8080 /flar/$HOST.flar timeout 5`, `nfs://server/path retry 3`, `local_file /flar/web.flar` */
export function checkArchiveLocation(words: readonly string[]): Complaint[] {
  const url = splitUrl(words[0] ?? '')
  const [kind = '', ...rest] = url ? [...url, ...words.slice(1)] : words
  const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
  if (!shape)
    return [
      wrong(`the location is ${quoted(kind)}, expected a URL or one of ${Object.keys(shapes).join(', ')}`),
    ]
  const given = rest.slice(0, shape.words.length)
  if (given.length < shape.words.length)
    return [
      wrong(
        `${kind} has ${counted(given.length, 'word')} after it, expected ${shape.words.map(([name]) => name).join(' and ')}`,
      ),
    ]
  const complaints = shape.words.flatMap(([name, check], index) => complain(name, given[index] ?? '', check))
  let after = rest.slice(shape.words.length)
  if (shape.last && after.length > 0) {
    complaints.push(...complain(shape.last[0], after[0] ?? '', shape.last[1]))
    after = after.slice(1)
  }
  complaints.push(...checkOptions(after, shape.options))
  if (complaints.length === 0 && kind === 'https')
    complaints.push(unwise('https needs a client with the library of WAN boot'))
  return complaints
}

/** `http://192.0.2.10/a.flar` as the words that it stands for; undefined for what is no URL. */
function splitUrl(text: string): string[] | undefined {
  const [, scheme, authority = '', path = ''] = /^(https?|nfs|ftp):\/\/([^/]*)(\/.*)?$/.exec(text) ?? []
  if (scheme === undefined) return undefined
  if (scheme === 'nfs') return [scheme, `${authority}:${path}`]
  // user:password@ gives basic auth
  const server = scheme === 'ftp' ? authority : authority.slice(authority.lastIndexOf('@') + 1)
  return [scheme, server, path]
}

function nfsLocation(text: string): string | undefined {
  const colon = text.indexOf(':')
  const isRight =
    colon > 0 &&
    hostName(text.slice(0, colon)) === undefined &&
    absolutePath(text.slice(colon + 1)) === undefined
  return isRight ? undefined : 'SERVER:/path'
}

function ftpServer(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const isUser = /^[!-~]{1,128}:[!-~]{1,128}$/.test(text.slice(0, Math.max(at, 0)))
  const server = hostAndPort(text.slice(at + 1))
  return (at < 0 || isUser) && server === undefined ? undefined : 'USER:PASSWORD@SERVER[:PORT]'
}
