// Sections that `flar create` adds: those of the user, and deployment scripts.
import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { compress } from '#adapters/flar/compress.ts'
import type { Archiver } from '#core/flar/archiver.ts'
import {
  deploymentArchive,
  deploymentSection,
  processingOf,
  type DeploymentFile,
} from '#core/flar/deployment.ts'
import {
  DEPLOYMENT_SECTIONS,
  isSectionName,
  isUserSection,
  type DeploymentSection,
  type FlarSection,
} from '#core/flar/sections.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'

export interface SectionOptions {
  root?: string
  userSection?: string[]
  sectionDirectory?: string
  deployment?: string
}

/** A script with the second in which it was changed: the same scripts make the same section. */
type Script = DeploymentFile & { mtime: number }

/** Where a master keeps its scripts (jumpstart.md 4.5). */
const ON_THE_MASTER = 'etc/flash'
/** A stage without its program fails; it has nothing to do: the installer runs the scripts itself. */
const EMPTY_PROGRAM = Buffer.from('#!/bin/sh\nexit 0\n')

/** Scripts are archived as the files are. @throws CliFailure */
export async function sectionsOf(options: SectionOptions, archiver: Archiver): Promise<FlarSection[]> {
  const { userSection = [], sectionDirectory = '.', deployment, root } = options
  const directory = deployment ?? (root === undefined ? undefined : path.join(root, ON_THE_MASTER))
  const scripts =
    directory === undefined ? [] : await deploymentSections(directory, archiver, deployment !== undefined)
  return [
    ...scripts,
    ...(await Promise.all(userSection.map((name) => userSectionOf(name, sectionDirectory)))),
  ]
}

async function userSectionOf(name: string, directory: string): Promise<FlarSection> {
  if (!isSectionName(name) || !isUserSection(name))
    throw usageFailure(
      `-u is ${JSON.stringify(name)}, expected a name of letters, digits and _ . - that begins with X`,
    )
  const file = path.join(directory, name)
  return { name, content: await readFile(file).catch(cannotRead(file)) }
}

async function deploymentSections(
  directory: string,
  archiver: Archiver,
  isWanted: boolean,
): Promise<FlarSection[]> {
  const sections: FlarSection[] = []
  for (const section of DEPLOYMENT_SECTIONS) {
    const files = await scriptsOf(directory, section)
    if (files.length > 0) sections.push(await packed(section, files, archiver))
  }
  if (isWanted && sections.length === 0) {
    const expected = DEPLOYMENT_SECTIONS.join(', ')
    throw refused('NoScripts', `${directory} has no deployment scripts, expected files in ${expected}`)
  }
  return sections
}

/** The scripts of a section, with the program that it must have. */
async function scriptsOf(directory: string, section: DeploymentSection): Promise<Script[]> {
  const inside = path.join(directory, section)
  const names = (await readdir(inside).catch(whenMissing)) ?? []
  const files: Script[] = []
  for (const name of names) {
    const file = await fileAt(path.join(inside, name), `${section}/${name}`)
    if (file) files.push(file)
  }
  const program = await fileAt(path.join(directory, processingOf(section)), processingOf(section))
  if (program) files.push(program)
  else if (files.length > 0)
    files.push({ path: processingOf(section), mode: 0o755, content: EMPTY_PROGRAM, mtime: 0 })
  return files
}

async function fileAt(file: string, name: string): Promise<Script | undefined> {
  const found = (await stat(file).catch(whenMissing)) ?? undefined
  if (!found?.isFile()) return undefined
  const content = await readFile(file).catch(cannotRead(file))
  return { path: name, mode: found.mode & 0o777, content, mtime: Math.floor(found.mtimeMs / 1000) }
}

function whenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

async function packed(
  section: DeploymentSection,
  files: readonly Script[],
  archiver: Archiver,
): Promise<FlarSection> {
  const mtime = Math.max(...files.map((file) => file.mtime))
  const archive = deploymentArchive(section, files, { archiver, mtime })
  const pieces: Uint8Array[] = []
  for await (const piece of compress(only(archive))) pieces.push(piece)
  return deploymentSection(section, archiver, Buffer.concat(pieces))
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}
