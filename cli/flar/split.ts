// `zoneflash flar split`: one file for each section of a flash archive.
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import type { ReadFlar } from '#adapters/archive/read-flar.ts'
import { addCommand } from '../command.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotWrite } from '../file-failures.ts'
import { printLine } from '../output.ts'
import { checkEmpty } from '../stream/into-directory.ts'
import { intoFile } from '../stream/into-file.ts'
import { untilStopped } from '../stream/interrupted.ts'
import { extractFiles } from './extract.ts'
import { whileReading } from './open.ts'
import { collect } from './option-lists.ts'

interface Options {
  json?: boolean
  directory: string
  userSection?: string[]
  files?: boolean
  section?: string
  force?: boolean
}

/** What is always written when the sections are named. */
const ALWAYS = ['cookie', 'identification', 'archive']

export function registerFlarSplit(noun: Command): void {
  addCommand(
    noun,
    'split',
    'write each section of a flash archive to a file of its name',
    'zoneflash flar split -d parts web.flar',
    'zoneflash flar split -S identification web.flar',
  )
    .argument('<archive>', 'a flash archive; - is stdin')
    .option('-d, --directory <dir>', 'where to; it is made when it is missing', '.')
    .option(
      '-u, --user-section <name>',
      'only cookie, identification, archive and this section (repeatable)',
      collect,
    )
    .option('-f, --files', 'unpack the archive section into a directory named archive')
    .option('-S, --section <name>', 'only this section')
    .option('--force', 'replace files that are there already')
    .addHelpText('after', '\nThe first line becomes the file cookie, the payload the file archive.\n')
    .action(async (file: string, options: Options) => {
      if (options.section !== undefined && options.userSection)
        throw usageFailure('-S names one section alone, expected it without -u')
      const said = { doing: 'splitting', undone: 'not all sections are written' }
      const written = await whileReading(file, said, (flar, signal) => split(flar, options, signal))
      if (options.json)
        await printLine(JSON.stringify({ directory: path.resolve(options.directory), written }))
      else for (const name of written) await printLine(path.join(options.directory, name))
    })
}

async function split(flar: ReadFlar, options: Options, signal: AbortSignal): Promise<string[]> {
  const { directory, files, force = false } = options
  const { version, sections } = flar.preamble
  const cookie = Buffer.from(`FlAsH-aRcHiVe-${version.major}.${version.minor}\n`)
  const parts = [{ name: 'cookie', content: cookie }, ...sections]
  const wanted = parts.filter(({ name }) => isWanted(name, options))
  const isArchiveWanted = isWanted('archive', options)
  await checkNames([...parts.map(({ name }) => name), 'archive'], options)
  await mkdir(directory, { recursive: true }).catch(cannotWrite(directory))
  const target = path.resolve(directory, 'archive')
  if (isArchiveWanted && files) await checkEmpty(target)
  for (const { name, content } of wanted)
    await intoFile(path.join(directory, name), force, async (write) => void (await write(content)))
  if (!isArchiveWanted) {
    await flar.stored.return(undefined)
    return wanted.map(({ name }) => name)
  }
  if (files) await extractFiles(flar, target, signal)
  else
    await intoFile(target, force, async (write) => {
      for await (const chunk of untilStopped(signal, flar.stored)) await write(chunk)
    })
  return [...wanted.map(({ name }) => name), 'archive']
}

function isWanted(name: string, { section, userSection }: Options): boolean {
  if (section !== undefined) return name === section
  return userSection === undefined || ALWAYS.includes(name) || userSection.includes(name)
}

/** @throws CliFailure for a section that is not there, or comes twice: the second would replace the first */
async function checkNames(
  names: readonly string[],
  { section, userSection, directory }: Options,
): Promise<void> {
  for (const wanted of [...(section === undefined ? [] : [section]), ...(userSection ?? [])]) {
    if (names.includes(wanted)) continue
    throw refused(
      'SectionNotFound',
      `the archive has no section ${wanted}, expected one of ${names.join(', ')}`,
    )
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw refused('FlarInvalid', `the archive has two parts named ${twice}, expected one`)
  const found = await stat(directory).catch(() => undefined)
  if (found && !found.isDirectory()) throw refused('CannotWrite', `${directory} is no directory`)
}
