// `zoneflash flar info`: what a flash archive says of itself, and what it holds.
import type { Command } from 'commander'
import type { Member } from '#core/archive/member.ts'
import type { Archiver } from '#core/flar/archiver.ts'
import { deploymentProblem, readDeployment } from '#core/flar/deployment.ts'
import { saidPayload } from '#core/flar/facts.ts'
import { archivedSizeProblem } from '#core/flar/identification.ts'
import type { FlarPreamble } from '#core/flar/reader.ts'
import { DEPLOYMENT_SECTIONS, type FlarSection } from '#core/flar/sections.ts'
import { ProvisionError } from '#core/errors.ts'
import { addCommand } from '../command.ts'
import { refused } from '../failures.ts'
import { shownFile } from '../file-failures.ts'
import { print, printLine, renderEntry, renderName } from '../output.ts'
import { sizeOf } from '../stream/files.ts'
import { openArchiveArgument, readMembers, warn } from './open.ts'

interface Options {
  json?: boolean
  list?: boolean
  long?: boolean
  key?: string
}

interface SectionFacts {
  name: string
  bytes: number
  /** of a section of scripts */
  files?: string[]
}

export function registerFlarInfo(noun: Command): void {
  addCommand(
    noun,
    'info',
    'print the identification of a flash archive, one value of it, or its files',
    'zoneflash flar info web.flar',
    'zoneflash flar info -k content_name web.flar',
    'curl -s http://server/flash/web/stable.flar | zoneflash flar info -l -',
  )
    .argument('<archive>', 'a flash archive; - is stdin')
    .option('-l, --list', 'list the files instead')
    .option('--long', 'list them with modes, owners and sizes')
    .option('-k, --key <key>', 'print one value, e.g. creation_master')
    .action(async (file: string, options: Options) => {
      const flar = await openArchiveArgument(file)
      if (options.list || options.long) {
        await list(flar, options)
        warn(flar.preamble.problems)
        return
      }
      await flar.stored.return(undefined)
      if (options.key === undefined) await describe(file, flar.preamble, options.json)
      else await printValue(flar.preamble, options.key, options.json)
    })
}

async function describe(file: string, preamble: FlarPreamble, json: boolean | undefined): Promise<void> {
  const { archiver } = saidPayload(preamble.identification)
  const scripts = preamble.sections.map((section) => factsOf(section, archiver))
  const size = await sizeOf(file)
  // of a pipe only its end tells the size, and nobody reads so far
  const untrue =
    size > 0 ? archivedSizeProblem(preamble.identification, size - preamble.payloadOffset) : undefined
  const problems = [
    ...preamble.problems,
    ...scripts.flatMap(({ problem }) => (problem ? [problem] : [])),
    ...(untrue ? [untrue] : []),
  ]
  if (json) {
    const { version, identification, payloadOffset } = preamble
    await printLine(
      JSON.stringify({
        file: shownFile(file),
        version: `${version.major}.${version.minor}`,
        identification: Object.fromEntries(identification.values),
        sections: scripts.map(({ facts }) => facts),
        payloadOffset,
        problems,
      }),
    )
    return
  }
  await print(preamble.identification.lines.map((line) => `${renderName(line)}\n`).join(''))
  for (const { facts } of scripts) {
    if (facts.name === 'identification') continue
    const files = facts.files ? `: ${facts.files.map(renderName).join(', ')}` : ''
    process.stderr.write(`section ${facts.name}, ${facts.bytes} bytes${files}\n`)
  }
  warn(problems)
}

/** A section, and what is in one of scripts. One that cannot be read is a problem, no failure. `archiver` is that of the files. */
function factsOf(
  section: FlarSection,
  archiver: Archiver,
): { facts: SectionFacts; problem?: FlarPreamble['problems'][number] } {
  const facts: SectionFacts = { name: section.name, bytes: section.content.byteLength }
  const deployment = DEPLOYMENT_SECTIONS.find((name) => name === section.name)
  if (deployment === undefined) return { facts }
  try {
    const read = readDeployment(section)
    const message = deploymentProblem(deployment, read, archiver)
    return {
      facts: { ...facts, files: read.files.map(({ path }) => path) },
      ...(message !== undefined && { problem: { severity: 'error', message } }),
    }
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return { facts, problem: { severity: 'error', message: `section ${section.name}: ${error.message}` } }
  }
}

/** @throws CliFailure when there is none */
async function printValue(
  { identification }: FlarPreamble,
  key: string,
  json: boolean | undefined,
): Promise<void> {
  const value = identification.values.get(key.toLowerCase())
  if (value === undefined) {
    throw refused('KeyNotFound', `the archive has no ${JSON.stringify(key)}`, {
      advice: `it has ${[...identification.values.keys()].map(renderName).join(', ')}`,
    })
  }
  if (json) await printLine(JSON.stringify({ [key.toLowerCase()]: value }))
  else
    await print(
      value
        .split('\n')
        .map((line) => `${renderName(line)}\n`)
        .join(''),
    )
}

async function list(flar: Parameters<typeof readMembers>[0], { json, long }: Options): Promise<void> {
  const lines: string[] = []
  const render = json ? renderJson : long ? renderEntry : ({ path }: Member) => renderName(path)
  const sink = {
    begin: (member: Member) => void lines.push(render(member)),
    data: () => undefined,
    end: () => undefined,
  }
  for await (const _piece of readMembers(flar, sink))
    if (lines.length > 0) await print(`${lines.splice(0).join('\n')}\n`)
}

function renderJson({ path, type, mode, uid, gid, size, mtime, link, device }: Member): string {
  return JSON.stringify({
    path,
    type,
    mode,
    uid,
    gid,
    size,
    mtime,
    ...(link !== undefined && { link }),
    ...(device !== undefined && { device }),
  })
}
