// What the options of `flar create` say of an archive.
import { readFile } from 'node:fs/promises'
import { hostname, machine, release, type as osName, version } from 'node:os'
import type { FlarDescription } from '#core/flar/preamble.ts'
import { usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'

export interface DescriptionOptions {
  name?: string
  author?: string
  description?: string
  descriptionFile?: string
  date?: string
  master?: string
  type?: string
  arch?: string
  key?: string[]
}

/** `known` is what the source says by itself. @throws CliFailure */
export async function describeByOptions(
  options: DescriptionOptions,
  known: Partial<FlarDescription> & Pick<FlarDescription, 'archiver' | 'type'>,
): Promise<Omit<FlarDescription, 'compression'>> {
  const contentName = options.name ?? known.contentName
  if (contentName === undefined) throw usageFailure('the archive has no name, expected -n NAME')
  const description = options.description ?? (await textOf(options.descriptionFile))
  const { author, type: contentType, arch } = options
  return {
    ...thisMachine(),
    ...known,
    contentName,
    created:
      options.date === undefined ? (known.created ?? Math.floor(Date.now() / 1000)) : parseDate(options.date),
    master: options.master ?? known.master ?? hostname(),
    ...(contentType !== undefined && { contentType }),
    ...(description !== undefined && { description }),
    ...(author !== undefined && { author }),
    ...(arch !== undefined && { architectures: arch.split(',') }),
    own: [...(known.own ?? []), ...(options.key ?? []).map(parseKey)],
  }
}

/** uname, where it means something to who installs: not of a Linux that holds somebody else's files. */
function thisMachine(): Pick<FlarDescription, 'architectures' | 'uname'> {
  if (process.platform !== 'sunos') return {}
  const hardwareClass = machine()
  return {
    architectures: [hardwareClass],
    uname: { node: hostname(), hardwareClass, release: release(), osName: osName(), osVersion: version() },
  }
}

async function textOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  return (await readFile(file, 'utf8').catch(cannotRead(file))).replace(/\n+$/, '')
}

/** Seconds since the epoch. @throws CliFailure */
function parseDate(text: string): number {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z')
  const milliseconds = iso === text ? NaN : Date.parse(iso)
  if (Number.isNaN(milliseconds)) throw usageFailure(`-i is ${JSON.stringify(text)}, expected YYYYMMDDhhmmss`)
  return milliseconds / 1000
}

function parseKey(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=')
  if (equals < 1 || !/^x-/i.test(text))
    throw usageFailure(`-U is ${JSON.stringify(text)}, expected X-KEY=VALUE`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}
