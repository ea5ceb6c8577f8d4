// What the facts of a host's record mean to rules: `--fact memory=8192`, `--fact disks=c0t0d0=140000,c0t1d0=140000`.
import { DISK, DISK_FORMS, NUMBER, SLICE, SOLARIS, diskOf } from './names.ts'
import { quoted } from '../quoted.ts'

export interface Disk {
  name: string
  /** MB of 1 048 576 bytes */
  size: number
}

export interface InstalledRelease {
  slice: string
  /** Solaris_10; SystemV: one that nobody knows */
  release: string
}

/** The facts that say something here, and how each is written. */
const readers = {
  memory: { read: readMemory, expected: 'MB as a whole number, such as 8192' },
  model: { read: readModel, expected: 'the platform name in printable ASCII, such as SUNW,Sun-Fire-T200' },
  disks: { read: readDisks, expected: `DISK=MB,…, disks as ${DISK_FORMS}, such as c0t0d0=140000` },
  rootdisk: { read: readRootDisk, expected: `a disk as ${DISK_FORMS}` },
  installed: { read: readInstalled, expected: `SLICE=RELEASE,… such as c0t0d0s0=Solaris_10, or none` },
  osname: { read: readRelease, expected: 'a release such as Solaris_10' },
  domainname: { read: readDomain, expected: 'a domain name' },
} as const

export type FactName = keyof typeof readers
const factNames = Object.keys(readers) as FactName[]

type Value<Name extends FactName> = Exclude<ReturnType<(typeof readers)[Name]['read']>, undefined>

/** What a fact says; undefined where it is absent, or not understood. */
export function readFact<Name extends FactName>(
  facts: Readonly<Record<string, string>>,
  name: Name,
): Value<Name> | undefined {
  const text = factOf(facts, name)
  return text === undefined ? undefined : (readers[name].read(text) as Value<Name> | undefined)
}

/** What is wrong with the facts that rules look at. */
export function jumpStartFactProblems(
  facts: Readonly<Record<string, string>>,
): { fact: FactName; message: string }[] {
  return factNames.flatMap((fact) => {
    const text = factOf(facts, fact)
    if (text === undefined || readers[fact].read(text) !== undefined) return []
    return [{ fact, message: `the fact ${fact} is ${quoted(text)}, expected ${readers[fact].expected}` }]
  })
}

const factOf = (facts: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(facts, name) ? facts[name] : undefined

function readMemory(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

/** Blanks count as underscores, as in the rules (jumpstart.md 1.2). */
function readModel(text: string): string | undefined {
  return /^[ -~]{1,256}$/.test(text) ? text.replaceAll(' ', '_') : undefined
}

function readDisks(text: string): Disk[] | undefined {
  const disks = text.split(',').map((part): Disk | undefined => {
    const [name = '', size = '', ...rest] = part.split('=')
    return DISK.test(name) && NUMBER.test(size) && rest.length === 0
      ? { name, size: Number(size) }
      : undefined
  })
  const known = disks.filter((disk) => disk !== undefined)
  const names = new Set(known.map(({ name }) => name))
  return known.length === disks.length && names.size === disks.length ? known : undefined
}

function readRootDisk(text: string): string | undefined {
  return DISK.test(text) || SLICE.test(text) ? diskOf(text) : undefined
}

function readInstalled(text: string): InstalledRelease[] | undefined {
  if (text === 'none') return []
  const found = text.split(',').map((part): InstalledRelease | undefined => {
    const [slice = '', release = '', ...rest] = part.split('=')
    const isKnown = SLICE.test(slice) && (SOLARIS.test(release) || release === 'SystemV')
    return isKnown && rest.length === 0 ? { slice, release } : undefined
  })
  return found.every((one) => one !== undefined) ? found : undefined
}

function readRelease(text: string): string | undefined {
  return SOLARIS.test(text) ? text : undefined
}

function readDomain(text: string): string | undefined {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?\.?$/.test(text) ? text : undefined
}
