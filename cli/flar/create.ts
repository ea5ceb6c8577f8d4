// `zoneflash flar create`: a flash archive of a directory, of what changed in one, or of a version on the server.
import type { Command } from 'commander'
import { Option } from 'commander'
import { compress } from '#adapters/flar/compress.ts'
import { Archiver } from '#core/flar/archiver.ts'
import { renderFlarPreamble, type FlarDescription } from '#core/flar/preamble.ts'
import { addCommand } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { startProgress } from '../progress.ts'
import { interruptible, unlessStopped, untilStopped } from '../stream/interrupted.ts'
import { describeByOptions, type DescriptionOptions } from './description.ts'
import { collect } from './option-lists.ts'
import { checkOutput, joined, tellWritten, writeOutput } from './output.ts'
import { sectionsOf, type SectionOptions } from './sections.ts'
import { sourceOfDirectory, type DirectoryOptions } from './source-directory.ts'
import { sourceOfTemplate } from './source-template.ts'

interface Options extends DescriptionOptions, SectionOptions, DirectoryOptions {
  json?: boolean
  template?: string
  output?: string
  force?: boolean
  compress?: boolean
  /** commander: false for -S */
  sizes: boolean
}

export function registerFlarCreate(noun: Command): void {
  const command = addCommand(
    noun,
    'create',
    'make a flash archive of a directory or of a version of a template',
    'zoneflash flar create -n web -R /zones/web/root web.flar',
    'zoneflash flar create -n patch-7 -R new -A old -x /var/tmp patch.flar',
    'zoneflash flar create --template web@stable -o web.flar',
  ).argument('[archive]', 'the flash archive; - is stdout')
  const options = [
    ['-o, --output <file>', 'the same as the argument'],
    ['--template <name[@version]>', 'make it of this version on the server, without a copy on disk'],
    ['-R, --root <dir>', 'make it of this directory'],
    ['-A, --old-image <dir>', 'differential: only what is not as in this directory'],
    ['-n, --name <name>', 'name of the contents'],
    ['-a, --author <author>', 'who made it'],
    ['-e, --description <text>', 'what it is'],
    ['-E, --description-file <file>', 'a file that says what it is'],
    ['-i, --date <date>', 'when it was made: YYYYMMDDhhmmss in GMT (default: now)'],
    ['-m, --master <name>', 'the machine it was made of (default: this one)'],
    ['-T, --type <text>', 'what kind of contents it has, in your own words'],
    ['--arch <list>', 'machines that it is for, as uname -m says: i86pc,sun4v'],
    ['-d, --section-directory <dir>', 'where the files of -u are (default: here)'],
    [
      '--deployment <dir>',
      'directories predeployment, postdeployment, reboot with scripts (default: ROOT/etc/flash)',
    ],
    ['-f, --files <file>', 'take the files of this list too; - is stdin'],
  ] as const
  for (const [flags, what] of options) command.option(flags, what)
  const repeated = [
    ['-U, --key <key=value>', 'a key of your own, which begins with X-'],
    ['-u, --user-section <name>', 'a section of your own, from the file of its name'],
    ['-x, --exclude <path>', 'leave out this path and what is below it'],
    ['-y, --include <path>', 'take this path, though one above it is left out'],
    ['-z, --filters <file>', 'lines - PATH and + PATH'],
    ['-X, --exclude-list <file>', 'leave out the paths of this list'],
  ] as const
  for (const [flags, what] of repeated) command.option(flags, `${what} (repeatable)`, collect)
  command
    .addOption(
      new Option(
        '-L, --archiver <archiver>',
        'how files are stored (default: cpio, pax when it cannot hold one)',
      ).choices(Archiver.options),
    )
    .option('-c, --compress', 'compress it by compress(1)')
    .option('-F, --only-files', 'take nothing but the list of -f')
    .option('-S, --no-sizes', 'leave out the sizes')
    .option(
      '-M, --no-manifest',
      'differential: leave out the manifest, so that nothing is compared on the client',
    )
    .option('-H, --no-hash', 'accepted: no archive_id is written')
    .option('-I, --ignore-integrity', 'accepted: system files are not checked')
    .option('--force', 'replace a file that is there already')
    .addHelpText('after', help)
    .action(create)
}

const help = `
Paths of filters are those in the archive, from its root. The longest path that is above a file decides; -y and + beat -x and - at the
same path. /proc, /tmp, /dev/fd, /devices, /var/run, /system/contract, /system/object and /etc/svc/volatile stay empty unless -y asks;
device nodes and sockets are left out. docs/flar.md says more.
`

async function create(archive: string | undefined, given: Options): Promise<void> {
  const file = archive ?? given.output
  if (file === undefined || (archive !== undefined && given.output !== undefined))
    throw usageFailure('expected the archive once, as an argument or by -o')
  await checkOutput(file, given.force)
  await interruptible('nothing is created', (signal) => createAs(file, given, signal))
}

async function createAs(file: string, options: Options, signal: AbortSignal): Promise<void> {
  const { template } = options
  const source = await unlessStopped(
    signal,
    template === undefined
      ? sourceOfDirectory(options, file, signal)
      : sourceOfTemplate(template, options, signal),
  )
  const isCompressed = options.compress === true && source.compression === 'none'
  const description: FlarDescription = {
    ...(await describeByOptions(options, source.description)),
    compression: isCompressed ? 'compress' : source.compression,
    ...(options.sizes &&
      !isCompressed &&
      source.archivedSize !== undefined && { archivedSize: source.archivedSize }),
    ...(options.sizes && source.unarchivedSize !== undefined && { unarchivedSize: source.unarchivedSize }),
  }
  const scripts = await sectionsOf(options, description.archiver)
  const preamble = renderFlarPreamble(description, [...source.sections, ...scripts])
  for (const note of source.notes) process.stderr.write(`note: ${note}\n`)
  const progress = startProgress(
    'writing',
    isCompressed ? 0 : preamble.byteLength + (source.archivedSize ?? 0),
  )
  try {
    const payload = isCompressed ? compress(source.payload) : source.payload
    const bytes = await writeOutput(
      file,
      options.force,
      untilStopped(signal, joined(preamble, payload)),
      progress,
    )
    progress.stop()
    const { contentName, archiver, compression, type } = description
    tellWritten(file, bytes, options.json, { contentName, archiver, compression, type })
  } finally {
    progress.stop()
  }
}
