// `zoneflash flar combine`: a flash archive of the files that split made.
import { open, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Command } from 'commander'
import { FlarReader, MAX_PREAMBLE, type FlarPreamble } from '#core/flar/reader.ts'
import { archivedSizeProblem } from '#core/flar/identification.ts'
import { renderFlarSections } from '#core/flar/preamble.ts'
import { isKnownSection, isSectionName, type FlarSection } from '#core/flar/sections.ts'
import { addCommand } from '../command.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'
import { startProgress } from '../progress.ts'
import { bytesOf } from '../stream/files.ts'
import { interruptible, untilStopped } from '../stream/interrupted.ts'
import { warn } from './open.ts'
import { collect } from './option-lists.ts'
import { checkOutput, joined, tellWritten, writeOutput } from './output.ts'

interface Options {
  json?: boolean
  directory: string
  userSection?: string[]
  force?: boolean
}

export function registerFlarCombine(noun: Command): void {
  addCommand(
    noun,
    'combine',
    'make a flash archive of the files of its sections',
    'zoneflash flar combine -d parts web.flar',
    'zoneflash flar combine -d parts -u X-site - | ssh server "cat > web.flar"',
  )
    .argument('<archive>', 'the flash archive; - is stdout')
    .option('-d, --directory <dir>', 'where the files are', '.')
    .option('-u, --user-section <name>', 'also this section of your own (repeatable)', collect)
    .option('--force', 'replace a file that is there already')
    .addHelpText(
      'after',
      `
Needs cookie, identification and archive; manifest, predeployment, postdeployment, reboot and summary are taken when they are there.
Nothing is changed and nothing checked but that the archive can be read: what an installer would stumble over is told.
`,
    )
    .action(combine)
}

async function combine(file: string, options: Options): Promise<void> {
  await checkOutput(file, options.force)
  const { directory, userSection = [] } = options
  const sections = await readSections(directory, userSection)
  const archive = path.join(directory, 'archive')
  const { size, isDirectory } = await statOf(archive)
  if (isDirectory) {
    throw refused('FlarInvalid', `${archive} is a directory, expected the file that split makes without -f`, {
      advice: `make an archive of it: \`zoneflash flar create -n NAME -R ${archive} ${file}\``,
    })
  }
  const cookie = (await readPart(directory, 'cookie')).toString('latin1').replace(/\n$/, '')
  const preamble = renderFlarSections(cookie, sections)
  const found = readBack(preamble)
  const lie = archivedSizeProblem(found.identification, size)
  warn([...found.problems, ...(lie ? [lie] : [])])
  await interruptible('nothing is combined', async (signal) => {
    const progress = startProgress('combining', preamble.byteLength + size)
    try {
      const bytes = await writeOutput(
        file,
        options.force,
        untilStopped(signal, joined(preamble, bytesOf(archive))),
        progress,
      )
      progress.stop()
      tellWritten(file, bytes, options.json)
    } finally {
      progress.stop()
    }
  })
}

/** The sections that are there and known, and those that are asked for. */
async function readSections(directory: string, userSections: readonly string[]): Promise<FlarSection[]> {
  const wrong = userSections.find((name) => !isSectionName(name) || name === 'cookie' || name === 'archive')
  if (wrong !== undefined)
    throw usageFailure(`-u ${JSON.stringify(wrong)} is no section of your own, expected X-NAME`)
  const names = await readdir(directory).catch(cannotRead(directory))
  const known = names.filter((name) => isKnownSection(name) && !userSections.includes(name)).toSorted()
  const wanted = new Set(['identification', ...known, ...userSections])
  const sections: FlarSection[] = []
  for (const name of wanted) sections.push({ name, content: await readPart(directory, name) })
  return sections
}

/** No more than a preamble may have. */
async function readPart(directory: string, name: string): Promise<Buffer> {
  const file = path.join(directory, name)
  const handle = await open(file).catch(cannotRead(file))
  try {
    const { size } = await handle.stat()
    if (size > MAX_PREAMBLE)
      throw refused('TooManyBytes', `${file} has ${size} bytes, expected at most ${MAX_PREAMBLE}`)
    return await handle.readFile().catch(cannotRead(file))
  } finally {
    await handle.close()
  }
}

async function statOf(file: string): Promise<{ size: number; isDirectory: boolean }> {
  const found = await stat(file).catch(cannotRead(file))
  if (found.isFile() && found.size === 0) throw refused('FlarInvalid', `${file} is empty, expected a payload`)
  return { size: found.size, isDirectory: found.isDirectory() }
}

/** @throws CorruptStream for what nobody could read */
function readBack(preamble: Uint8Array): FlarPreamble {
  const found: { preamble?: FlarPreamble } = {}
  const reader = new FlarReader({ preamble: (read) => (found.preamble = read), payload: () => undefined })
  reader.push(preamble)
  if (found.preamble) return found.preamble
  throw refused('FlarInvalid', 'the sections make no flash archive')
}
