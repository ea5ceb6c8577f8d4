// Fuzzes the reader of flash archives, case after case in a thread of its own: who started it sees one that hangs or eats memory.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { peek } from '#adapters/archive/peek.ts'
import { readFlar } from '#adapters/archive/read-flar.ts'
import { uncompress } from '#adapters/archive/uncompress.ts'
import { SafeTar } from '#adapters/flar/unpack.ts'
import { CpioReader } from '#core/archive/cpio-reader.ts'
import type { Member } from '#core/archive/member.ts'
import { refusal } from '#core/archive/refusals.ts'
import { TarReader } from '#core/archive/tar-reader.ts'
import { ProvisionError } from '#core/errors.ts'
import { readDeployment } from '#core/flar/deployment.ts'
import { flarFactsOf } from '#core/flar/facts.ts'
import { parseManifest, renderManifest } from '#core/flar/manifest.ts'
import { sniffPayload } from '#core/flar/payload.ts'
import { renderFlarSections } from '#core/flar/preamble.ts'
import type { FlarPreamble } from '#core/flar/reader.ts'
import { sectionRank } from '#core/flar/sections.ts'
import {
  changeArchive,
  changeLines,
  compressed,
  damaged,
  joinFlar,
  splitFlar,
  uncompressed,
} from './mutate-flar.ts'
import { LZW_TABLE, lzwBomb } from '#test/lzw-bomb.ts'
import { Random } from './random.ts'
import { noCases, runCases, type CaseCounts } from './run-cases.ts'
import type { FuzzOrder } from './watched.ts'

export interface FlarFuzzResult extends CaseCounts {
  /** archives whose preamble was read */
  preambles: number
  /** of them, those whose payload was read to its end */
  trees: number
  /** scripts and manifests that were read */
  sections: number
}

interface Subject {
  name: string
  bytes: Buffer
}

const LIMITS = { maxEntries: 20_000, maxNameBytes: 4095 }
/** What an unpacked payload may have: a bomb ends here. */
const MAX_UNPACKED = 16 * 1024 ** 2

async function run({ fixtures, ...order }: FuzzOrder): Promise<FlarFuzzResult> {
  const subjects = globSync('*.flar', { cwd: fixtures })
    .toSorted()
    .map((name): Subject => ({ name, bytes: readFileSync(path.join(fixtures, name)) }))
  const result: FlarFuzzResult = { ...noCases(), preambles: 0, trees: 0, sections: 0 }
  return runCases(order, result, (seed) => tryOne(subjects, seed, result))
}

function change({ bytes }: Subject, random: Random): Buffer {
  const { lines, payload } = splitFlar(bytes)
  const isCompressed = payload[0] === 0x1f
  switch (random.below(6)) {
    case 0:
      return damaged(bytes, random)
    case 1:
      return bytes.subarray(0, random.below(bytes.length))
    case 2:
      return joinFlar({ lines: changeLines(lines, random), payload })
    case 3:
      return joinFlar({
        lines,
        payload: random.chance(40) ? lzwBomb(LZW_TABLE, 0) : damaged(payload, random),
      })
    default: {
      const archive = changeArchive(isCompressed ? uncompressed(payload) : payload, random)
      return joinFlar({ lines, payload: isCompressed ? compressed(archive) : archive })
    }
  }
}

async function tryOne(subjects: readonly Subject[], seed: number, result: FlarFuzzResult): Promise<void> {
  const random = new Random(seed)
  const subject = random.pick(subjects)
  if (subject === undefined) throw new Error('there are no archives to change')
  const piece = random.chance(3) ? 1 + random.below(2000) : 65_536
  const bytes = change(subject, random)
  try {
    await readAll(bytes, piece, result)
  } catch (error) {
    if (error instanceof ProvisionError) count(error, result)
    else
      result.failures.push({
        seed,
        what: `${subject.name}: ${error instanceof Error ? error.stack : String(error)}`,
      })
  }
}

function count({ code }: ProvisionError, { refused }: FlarFuzzResult): void {
  refused[code] = (refused[code] ?? 0) + 1
}

async function readAll(bytes: Buffer, piece: number, result: FlarFuzzResult): Promise<void> {
  const { preamble, stored } = await readFlar(pieces(bytes, piece))
  result.preambles += 1
  checkPreamble(preamble, bytes)
  for (const section of preamble.sections) readSection(section, result)
  const outer = await peek(stored)
  attempt(result, () => flarFactsOf(preamble, outer.head))
  const { compression } = sniffPayload(outer.head)
  const inner = await peek(compression === 'compress' ? uncompress(outer.all) : outer.all)
  const tar = new SafeTar(LIMITS)
  const reader = sniffPayload(inner.head).archiver === 'cpio' ? new CpioReader(tar) : new TarReader(tar)
  const written: Buffer[] = []
  let unpacked = 0
  for await (const chunk of inner.all) {
    unpacked += chunk.byteLength
    if (unpacked > MAX_UNPACKED) throw refusal('TooManyBytes', 'the payload is a bomb')
    reader.push(chunk)
    written.push(...tar.take())
  }
  reader.finish()
  written.push(...tar.finish())
  checkTar(Buffer.concat(written))
  result.trees += 1
}

function readSection(section: FlarPreamble['sections'][number], result: FlarFuzzResult): void {
  if (section.name === 'manifest') {
    attempt(result, () => {
      const manifest = parseManifest(section.content)
      const again = parseManifest(renderManifest(manifest))
      ensure(JSON.stringify(again) === JSON.stringify(manifest), 'a manifest comes back as it was')
      result.sections += 1
    })
  } else if (section.name === 'predeployment') {
    attempt(result, () => {
      for (const file of readDeployment(section).files) ensure(isSafe(file.path), `a script is ${file.path}`)
      result.sections += 1
    })
  }
}

/** A refusal of one part is counted, and the others are read. */
function attempt(result: FlarFuzzResult, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    count(error, result)
  }
}

/** The sections cover all of the text, and give the same archive again when they are put in order. */
function checkPreamble({ sections, payloadOffset, version, problems }: FlarPreamble, bytes: Buffer): void {
  const cookie = bytes.subarray(0, bytes.indexOf(0x0a)).toString()
  const again = renderFlarSections(cookie, sections)
  ensure(again.byteLength === payloadOffset, `the payload begins at ${payloadOffset}`)
  ensure(problems.length <= 101, `there are ${problems.length} problems`)
  ensure(version.major === 1 || version.major === 2, `the version is ${version.major}`)
  const ranks = sections.map(({ name }) => sectionRank(name))
  if (ranks.some((rank, index) => rank < (ranks[index - 1] ?? 0))) return
  ensure(bytes.subarray(0, payloadOffset).equals(again), 'the sections give the same text again')
}

/** What goes to tar has nothing that could do harm. */
function checkTar(tar: Buffer): void {
  const symlinks = new Set<string>()
  const check = ({ path: name, type, link = '' }: Member): void => {
    ensure(isSafe(name), `a member is named ${name}`)
    ensure(type !== 'block' && type !== 'character', `${name} is a device`)
    const parents = name.split('/').map((_, index, all) => all.slice(0, index).join('/'))
    ensure(!parents.some((parent) => symlinks.has(parent)), `${name} is below a symlink`)
    if (type === 'hardlink') ensure(isSafe(link), `${name} is a hard link to ${link}`)
    if (type === 'symlink') symlinks.add(name)
  }
  const reader = new TarReader({ begin: check, data: () => undefined, end: () => undefined })
  reader.push(tar)
  reader.finish()
}

const isSafe = (name: string): boolean => !name.startsWith('/') && !name.split('/').includes('..')

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size)
    yield await Promise.resolve(bytes.subarray(at, at + size))
}

function ensure(holds: boolean, said: string): void {
  if (!holds) throw new Error(`wrong: ${said}`)
}

// The order comes from the test next to this file, the type with it.
parentPort?.postMessage(await run(workerData as FuzzOrder))
