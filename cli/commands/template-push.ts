// `zoneflash template push`: a directory, a file, stdin, or a detached zone on a host becomes a version.
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { OsFamily, TemplateKind, type VersionFacts } from '#core/manifest.ts'
import { TemplateName } from '#core/names.ts'
import { parseReply } from '../client.ts'
import { addCommand, openClient, show } from '../command.ts'
import { hintAtStable } from '../channels.ts'
import { CliFailure, refused, usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'
import { printLine, renderBytes } from '../output.ts'
import { startProgress } from '../progress.ts'
import { parseReference } from '../reference.ts'
import { VersionReply } from '../replies.ts'
import { uploadMultipart } from '../upload/multipart-upload.ts'
import { packDirectory, surveyDirectory } from '../upload/read-directory.ts'
import { uploadResumable } from '../upload/resumable-upload.ts'
import { packageZone } from './template-package.ts'

interface PushOptions {
  json?: boolean
  name: string
  version?: string
  kind?: string
  brand?: string
  osFamily?: string
  osRelease?: string
  arch?: string
  origin?: string
  sha256?: string
  notes?: string
  host?: string
  zone?: string
}

export function registerTemplatePush(noun: Command): void {
  addCommand(
    noun,
    'push',
    'store a new version of a template',
    'zoneflash template push /zones/web --name web --brand lx',
    'zoneflash template push web.tar.zst --name web --brand lx --version 1.4',
    'zfs send tank/web@gold | zoneflash template push - --name web --brand lx',
    'zoneflash template push --host golden --zone web --name web',
    'zoneflash template push golden.zfs --name golden --kind system --os-release s10u8',
  )
    .argument(
      '[source]',
      'a zonepath, a zoneroot or any directory; a tar, cpio, ZFS stream or flash archive; "-" for stdin',
    )
    .requiredOption('--name <template>', 'the template: a-z, 0-9 and "-", in lower case; made when it is new')
    .option('--version <version>', 'name of the version: begins with a digit (default: the time)')
    .option(
      '--kind <kind>',
      `${TemplateKind.options.join(' or ')}: the root of a golden global zone is a system`,
    )
    .option('--brand <brand>', 'the zone brand, when neither a SUNWdetached.xml nor a flash archive says it')
    .option('--os-family <family>', `one of ${OsFamily.options.join(', ')}`)
    .option('--os-release <release>', 'e.g. s10u8, debian-12')
    .option('--arch <arch>', 'e.g. i86pc, x86_64')
    .option('--origin <name@version>', 'the version that this one was cloned from')
    .option('--sha256 <hex>', 'refuse other bytes than these')
    .option('--notes <text>', 'free text')
    .option('--host <host>', 'package a zone on this host')
    .option('--zone <zone>', 'the halted, detached zone to package')
    .action(async (source: string | undefined, options: PushOptions) => {
      const template = templateName(options.name)
      if (options.host !== undefined || options.zone !== undefined) {
        if (source !== undefined) throw usageFailure('expected a source or --host and --zone, got both')
        return packageZone(template, options)
      }
      if (source === undefined)
        throw usageFailure('expected a directory, a file or "-", or --host and --zone')
      const sent = await send(source, template, options).catch((error: unknown) => {
        throw inWordsOfOptions(error, options)
      })
      const version = parseReply(VersionReply, 'template push', sent)
      const { manifest } = version
      await show(options.json, version, () =>
        printLine(
          `${manifest.template}@${manifest.version} is ready: ` +
            manifest.artifacts
              .map((artifact) => `${renderBytes(artifact.size)} ${artifact.sha256}`)
              .join(', '),
        ),
      )
      await hintAtStable(openClient(), manifest)
    })
}

function templateName(name: string): string {
  if (TemplateName.safeParse(name).success) return name
  throw usageFailure(
    `--name is ${JSON.stringify(name)}, expected a template name: lower case a-z, 0-9 and "-", at most 48 characters`,
  )
}

/** The options behind the fields that a refusal of the server names. */
const optionOfField: Record<string, keyof PushOptions> = {
  'facts.version': 'version',
  'facts.brand': 'brand',
  'facts.osRelease': 'osRelease',
  'facts.arch': 'arch',
  'facts.notes': 'notes',
  sha256: 'sha256',
}

const Issues = z.array(z.object({ path: z.string(), message: z.string() }))

/** `metadata: facts.version: expected …` → `--version is "v1", expected …` */
function inWordsOfOptions(error: unknown, options: PushOptions): unknown {
  if (!(error instanceof CliFailure)) return error
  const issues = Issues.safeParse(error.details['issues'])
  if (!issues.success || issues.data.length === 0) return error
  const told = issues.data.map(({ path: field, message }) => {
    const name = optionOfField[field]
    if (name === undefined) return `${field}: ${message}`
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    return `${option} is ${JSON.stringify(options[name])}, ${message}`
  })
  return refused(error.code, told.join('; '), { cause: error })
}

async function send(source: string, template: string, options: PushOptions): Promise<string> {
  if (source === '-') return sendStream(template, options, '-', process.stdin, 0)
  const found = await stat(source).catch(cannotRead(source))
  if (found.isDirectory()) return sendDirectory(source, template, options)
  if (!found.isFile()) return sendStream(template, options, path.basename(source), await openPipe(source), 0)
  return sendFile(source, template, options)
}

async function openPipe(source: string): Promise<AsyncIterable<Uint8Array>> {
  const { createReadStream } = await import('node:fs')
  return createReadStream(source)
}

async function sendDirectory(directory: string, template: string, options: PushOptions): Promise<string> {
  const survey = await surveyDirectory(directory)
  const count = survey.clamped.length
  if (count > 0)
    process.stderr.write(
      `zoneflash: ${count} ${count === 1 ? 'link climbs' : 'links climb'} above ${directory}; ` +
        'kept with the targets that mean the same inside a zone\n',
    )
  const name = `${path.basename(path.resolve(directory))}.tar`
  return sendStream(template, options, name, packDirectory(directory, survey), survey.size)
}

async function sendStream(
  template: string,
  options: PushOptions,
  fileName: string,
  source: AsyncIterable<Uint8Array>,
  size: number,
): Promise<string> {
  const progress = startProgress(`pushing ${template}`, size)
  try {
    return await uploadMultipart(openClient(), {
      route: `/api/v1/templates/${template}/versions`,
      fields: { facts: JSON.stringify(factsOf(options)), ...digestOf(options) },
      fileName,
      source,
      onProgress: (sent) => progress.to(sent),
    })
  } finally {
    progress.stop()
  }
}

async function sendFile(file: string, template: string, options: PushOptions): Promise<string> {
  const { size } = await stat(file)
  const progress = startProgress(`pushing ${template}`, size)
  try {
    return await uploadResumable(openClient(), {
      file,
      metadata: {
        template,
        facts: JSON.stringify(factsOf(options)),
        filename: path.basename(file),
        ...digestOf(options),
      },
      onProgress: (sent) => progress.to(sent),
    })
  } finally {
    progress.stop()
  }
}

const digestOf = ({ sha256 }: PushOptions): Record<string, string> =>
  sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }

/** What the user says beside the bytes. The server checks it. */
export function factsOf(options: Omit<PushOptions, 'name'>): Partial<VersionFacts> {
  const family = options.osFamily === undefined ? undefined : OsFamily.safeParse(options.osFamily)
  if (family && !family.success)
    throw usageFailure(
      `--os-family is ${JSON.stringify(options.osFamily)}, expected one of ${OsFamily.options.join(', ')}`,
    )
  const kind = options.kind === undefined ? undefined : TemplateKind.safeParse(options.kind)
  if (kind && !kind.success)
    throw usageFailure(
      `--kind is ${JSON.stringify(options.kind)}, expected ${TemplateKind.options.join(' or ')}`,
    )
  const origin = options.origin === undefined ? undefined : parseReference(options.origin)
  return {
    ...(kind && { kind: kind.data }),
    ...(options.version !== undefined && { version: options.version }),
    ...(options.brand !== undefined && { brand: options.brand }),
    ...(family && { osFamily: family.data }),
    ...(options.osRelease !== undefined && { osRelease: options.osRelease }),
    ...(options.arch !== undefined && { arch: options.arch }),
    ...(origin && { origin: { template: origin.template, version: origin.selector } }),
    ...(options.notes !== undefined && { notes: options.notes }),
  }
}
