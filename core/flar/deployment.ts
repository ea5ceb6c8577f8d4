// Deployment scripts: sections with a compressed archive in uuencode (jumpstart.md 4.5).
import { CpioReader } from '../archive/cpio-reader.ts'
import { cpioMember, cpioPad, cpioTrailer } from '../archive/cpio-writer.ts'
import { LzwDecoder } from '../archive/lzw.ts'
import type { Member } from '../archive/member.ts'
import { normalizeMemberPath } from '../archive/member-path.ts'
import { refusal } from '../archive/refusals.ts'
import { quoted } from '../quoted.ts'
import { TarReader } from '../archive/tar-reader.ts'
import { tarMember, tarPad, tarTrailer } from '../archive/tar-writer.ts'
import { joinBytes } from '../join-bytes.ts'
import { Archiver } from './archiver.ts'
import type { DeploymentSection, FlarSection } from './sections.ts'
import { uudecode, uuencode } from './uuencode.ts'

export interface DeploymentFile {
  /** relative, e.g. `predeployment/10-disks` */
  path: string
  /** permission bits; a script is run when it may be executed */
  mode: number
  content: Uint8Array
}

/** The installer runs this program first, and the stage fails without it. */
export const processingOf = (section: DeploymentSection): string => `${section}_processing`

const MAX_UNPACKED = 64 * 1024 * 1024
const MAX_FILES = 10_000
const MAX_NAME = 1023

const archiveName = (section: string, archiver: Archiver): string => `${section}.${archiver}.Z`

/** How a section is archived, and its files, directories left out. @throws FlarInvalid and those of the readers */
export function readDeployment(section: FlarSection): {
  archiver: Archiver
  files: readonly DeploymentFile[]
} {
  const { name, bytes } = uudecode(section.content)
  const archiver = Archiver.options.find((each) => archiveName(section.name, each) === name)
  if (archiver === undefined) {
    const expected = `${section.name}.cpio.Z or ${section.name}.pax.Z`
    throw refusal(
      'FlarInvalid',
      `the section ${section.name} holds the file ${quoted(name)}, expected ${expected}`,
    )
  }
  const files = new FileCollector()
  const reader = archiver === 'cpio' ? new CpioReader(files) : new TarReader(files)
  const decoder = new LzwDecoder()
  let unpacked = 0
  for (const piece of decoder.push(bytes)) {
    unpacked += piece.byteLength
    if (unpacked > MAX_UNPACKED)
      throw refusal(
        'TooManyBytes',
        `the section ${section.name} has more than ${MAX_UNPACKED} bytes of scripts`,
      )
    reader.push(piece)
  }
  decoder.finish()
  reader.finish()
  return { archiver, files: files.found }
}

/** What is wrong with a section of an archive whose files are of `expected`, in words; undefined when nothing is. */
export function deploymentProblem(
  section: DeploymentSection,
  { archiver, files }: ReturnType<typeof readDeployment>,
  expected: Archiver,
): string | undefined {
  if (archiver !== expected)
    return `the section ${section} holds ${archiveName(section, archiver)}, but files_archived_method is ${expected}: the installer looks for ${archiveName(section, expected)}`
  // the reboot section is only unpacked
  if (section === 'reboot') return undefined
  const program = files.find(({ path }) => path === processingOf(section))
  if (!program)
    return `the section ${section} has no ${processingOf(section)}: its stage of the installation fails`
  if ((program.mode & 0o100) === 0)
    return `${processingOf(section)} may not be executed: its stage of the installation fails`
  return undefined
}

class FileCollector {
  readonly found: DeploymentFile[] = []
  #current: { path: string; mode: number; pieces: Uint8Array[] } | undefined

  begin(member: Member): void {
    if (this.found.length >= MAX_FILES)
      throw refusal('TooManyEntries', `a section has more than ${MAX_FILES} scripts`)
    const path = normalizeMemberPath(member.path, member.pathBytes, MAX_NAME)
    this.#current = member.type === 'file' ? { path, mode: member.mode & 0o777, pieces: [] } : undefined
  }

  data(bytes: Uint8Array): void {
    this.#current?.pieces.push(bytes.slice())
  }

  end(): void {
    if (!this.#current) return
    const { pieces, ...file } = this.#current
    this.found.push({ ...file, content: joinBytes(pieces) })
    this.#current = undefined
  }
}

/** The archive of a section, to be compressed: the program and the scripts that it runs, in byte order. `mtime` in seconds. */
export function deploymentArchive(
  section: DeploymentSection,
  files: readonly DeploymentFile[],
  { archiver, mtime }: { archiver: Archiver; mtime: number },
): Uint8Array {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return archiver === 'cpio' ? cpioOf(section, sorted, mtime) : paxOf(section, sorted, mtime)
}

function cpioOf(section: string, files: readonly DeploymentFile[], mtime: number): Uint8Array {
  const common = { uid: 0, gid: 0, mtime, nlink: 1 }
  const directory = cpioMember({ ...common, path: section, mode: 0o040755, nlink: 2, ino: 1, size: 0 })
  const members = files.flatMap(({ path, mode, content }, index) => [
    cpioMember({ ...common, path, mode: 0o100000 | mode, ino: index + 2, size: content.byteLength }),
    content,
    cpioPad(content.byteLength),
  ])
  const body = joinBytes([directory, ...members])
  return joinBytes([body, cpioTrailer(body.byteLength)])
}

function paxOf(section: string, files: readonly DeploymentFile[], mtime: number): Uint8Array {
  const encoder = new TextEncoder()
  const common = { uid: 0, gid: 0, mtime }
  const path = encoder.encode(section)
  const directory = tarMember({ ...common, path, type: 'directory', mode: 0o755, size: 0 })
  const members = files.flatMap((file) => [
    tarMember({
      ...common,
      path: encoder.encode(file.path),
      type: 'file',
      mode: file.mode,
      size: file.content.byteLength,
    }),
    file.content,
    tarPad(file.content.byteLength),
  ])
  const body = joinBytes([directory, ...members])
  return joinBytes([body, tarTrailer(body.byteLength)])
}

/** The section with an archive that compress(1) has made smaller. */
export function deploymentSection(
  section: DeploymentSection,
  archiver: Archiver,
  compressed: Uint8Array,
): FlarSection {
  const name = archiveName(section, archiver)
  return { name: section, content: uuencode({ name, mode: 0o644, bytes: compressed }) }
}
