// What a flash archive says of the template that is made of it, and what of it no template can be made of.
import { decodeName } from '../archive/member.ts'
import { refusal } from '../archive/refusals.ts'
import { OsRelease } from '../host.ts'
import { OsFamily, TemplateKind, VersionFacts, type Manifest } from '../manifest.ts'
import { architecturesOf, type FlarIdentification } from './identification.ts'
import type { FlarDescription } from './preamble.ts'
import type { FlarPreamble } from './reader.ts'
import { sectionRank, type FlarSection } from './sections.ts'

/** Keys of our own: what a manifest has and an identification has no key for. Installers pass over them (jumpstart.md 4.2). */
const KEYS = {
  kind: 'X-zoneflash-kind',
  brand: 'X-zoneflash-brand',
  osFamily: 'X-zoneflash-os-family',
  osRelease: 'X-zoneflash-os-release',
} as const

/** The template's configuration as zonecfg commands. */
const ZONECFG_SECTION = 'X-zonecfg'

/** Brands of zones that hold a whole Solaris of before, by the release that uname says. */
const brandOfRelease: Readonly<Record<string, string>> = {
  '5.8': 'solaris8',
  '5.9': 'solaris9',
  '5.10': 'native',
}

/**
 * Refuses archives that are no whole tree, or that installers would understand in part.
 * @throws FlarInvalid
 */
export function assertTemplateFlar({ identification, sections }: FlarPreamble): void {
  if (identification.values.get('type') === 'DIFFERENTIAL') {
    throw refusal(
      'FlarInvalid',
      'the flash archive is differential: it holds only what changed of another system, expected a full one, made with flarcreate without -A',
    )
  }
  let before: FlarSection | undefined
  for (const section of sections) {
    if (before && sectionRank(section.name) < sectionRank(before.name)) {
      throw refusal(
        'FlarInvalid',
        `the section ${section.name} stands behind ${before.name}, where no installer looks for it: flar split and flar combine put sections in order`,
      )
    }
    before = section
  }
}

/** What is said in words that a manifest takes; what it does not take is not said. */
export function templateFactsOf({ identification, sections }: FlarPreamble): VersionFacts {
  const own = (key: string) => identification.values.get(key.toLowerCase())
  const guessed = guessedBrand(identification)
  const said: Record<keyof VersionFacts, string | undefined> = {
    kind: TemplateKind.safeParse(own(KEYS.kind)).data,
    brand: own(KEYS.brand) ?? guessed,
    osFamily: OsFamily.safeParse(own(KEYS.osFamily)).data ?? (guessed && 'solaris10'),
    osRelease: own(KEYS.osRelease),
    arch: architectureOf(identification),
    notes: identification.values.get('content_description'),
    zonecfg: textOf(sections.find(({ name }) => name === ZONECFG_SECTION)),
    version: undefined,
    origin: undefined,
  }
  const facts: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(said)) {
    const parsed = VersionFacts.safeParse({ [key]: value })
    if (value !== undefined && parsed.success) Object.assign(facts, parsed.data)
  }
  return VersionFacts.parse(facts)
}

function guessedBrand({ values }: FlarIdentification): string | undefined {
  return values.get('creation_os_name') === 'SunOS'
    ? brandOfRelease[values.get('creation_release') ?? '']
    : undefined
}

/** The one machine that it is for; of several what they have in common, as `uname -p` says it. */
function architectureOf(identification: FlarIdentification): string | undefined {
  const machines = architecturesOf(identification)
  if (machines.length === 1) return machines[0]
  const processor = Object.keys(machinesOfProcessor).find((one) => machines.every((name) => isOf(one, name)))
  return (machines.length > 1 ? processor : undefined) ?? identification.values.get('creation_processor')
}

/** Whether an archive for `machines`, which an installer compares with its own, says the same as `arch`; one for none is for any. */
export function isForMachine(machines: readonly string[], arch: string): boolean {
  const processor = processorOf(arch)
  return machines.length === 0 || machines.some((name) => name === arch || isOf(processor, name))
}

const isOf = (processor: string, machine: string): boolean =>
  Object.hasOwn(machinesOfProcessor, processor) && machinesOfProcessor[processor]?.includes(machine) === true

function textOf(section: FlarSection | undefined): string | undefined {
  return section && decodeName(section.content)
}

/** What the identification of a version's flash archive says, but for the archive section: the same for the same manifest. */
export function flarDescriptionOf(
  manifest: Omit<Manifest, 'artifacts'>,
): Omit<FlarDescription, 'archiver' | 'compression'> {
  const { template, version, brand, osFamily, osRelease, arch, notes, createdAt, kind } = manifest
  const name = `${template}-${version}`
  const own: [string, string | undefined][] = [
    [KEYS.kind, kind],
    [KEYS.brand, brand],
    [KEYS.osFamily, osFamily],
    [KEYS.osRelease, osRelease],
  ]
  return {
    contentName: name,
    type: 'FULL',
    created: Math.floor(Date.parse(createdAt) / 1000),
    // clones keep it in /etc/flash/master; a differential archive is for those whose master has the same name
    master: name,
    ...(notes !== undefined && notes !== '' && { description: descriptionOf(notes) }),
    ...(arch !== undefined && { architectures: machinesOf(arch, osFamily) }),
    uname: unameOf(manifest),
    own: own.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  }
}

/** The sections beside those that installers know. */
export function flarSectionsOf({ zonecfg }: Pick<Manifest, 'zonecfg'>): FlarSection[] {
  if (zonecfg === undefined || zonecfg === '') return []
  return [{ name: ZONECFG_SECTION, content: new TextEncoder().encode(zonecfg) }]
}

/** A further line with `=` would be another key: such notes become one line. */
function descriptionOf(notes: string): string {
  const lines = notes
    .replace(/[\0\r]/g, '')
    .replace(/\n+$/, '')
    .split('\n')
  return lines.slice(1).some((line) => line.includes('=')) ? lines.join(' ') : lines.join('\n')
}

/** Processors as `uname -p` says them, and the machines (`uname -m`) that have them: an installer looks for its own machine. */
const machinesOfProcessor: Readonly<Record<string, readonly string[]>> = {
  sparc: ['sun4u', 'sun4us', 'sun4v'],
  i386: ['i86pc'],
}

/** The processor as `uname -p` says it, also of those that are called by their 64-bit instructions. */
function processorOf(arch: string): string {
  return arch === 'x86_64' || arch === 'amd64' ? 'i386' : arch
}

function machinesOf(arch: string, osFamily: OsFamily): readonly string[] {
  const processor = processorOf(arch)
  if (osFamily === 'linux' || !Object.hasOwn(machinesOfProcessor, processor)) return [arch]
  return machinesOfProcessor[processor] ?? [arch]
}

function unameOf({
  osFamily,
  osRelease,
  arch = '',
}: Pick<Manifest, 'osFamily' | 'osRelease' | 'arch'>): NonNullable<FlarDescription['uname']> {
  if (osFamily === 'linux') return { osName: 'Linux' }
  const name = processorOf(arch)
  const processor = Object.hasOwn(machinesOfProcessor, name) ? { processor: name } : {}
  const isSolaris10 =
    osFamily === 'solaris10' && (osRelease === undefined || OsRelease.safeParse(osRelease).success)
  if (isSolaris10) return { osName: 'SunOS', release: '5.10', ...processor }
  return osFamily === 'illumos'
    ? { osName: 'SunOS', release: '5.11', ...processor }
    : { osName: 'SunOS', ...processor }
}
