// The words a rule can match with: how many values each takes, which, and what they are compared with (jumpstart.md 1.3).
import type { JumpStartFacts } from '../facts.ts'
import { DISK, DISK_FORMS, IPV4, SLICE, SLICE_FORMS, SOLARIS, diskOf, rangeOf } from '../names.ts'

export interface RuleKeyword {
  /** what its values are called, one each */
  values: readonly string[]
  /** what is expected instead of values that cannot be; undefined when they can */
  refuse: (values: readonly string[]) => string | undefined
  /** undefined: the record says too little of the host */
  test: (facts: JumpStartFacts, values: readonly string[]) => boolean | undefined
  /** what the host has; undefined as above */
  found: (facts: JumpStartFacts, values: readonly string[]) => string | undefined
  /** what the record would have to say for `test` to know */
  needs: string
}

/** Any text that equals what the host has. */
function exact(
  value: string,
  of: (facts: JumpStartFacts) => string | undefined,
  needs: string,
  refuse: (text: string) => string | undefined = () => undefined,
): RuleKeyword {
  return {
    values: [value],
    refuse: ([text = '']) => refuse(text),
    test(facts, [text]) {
      const found = of(facts)
      return found === undefined ? undefined : found === text
    },
    found: of,
    needs,
  }
}

/** MB from low to high, both included. */
function within(
  before: readonly string[],
  of: (facts: JumpStartFacts, values: readonly string[]) => number | undefined | 'none',
  needs: string,
  refuse: (values: readonly string[]) => string | undefined = () => undefined,
): RuleKeyword {
  return {
    values: [...before, 'low-high in MB'],
    refuse: (values) => refuse(values) ?? refuseRange(values.at(-1) ?? ''),
    test(facts, values) {
      const size = of(facts, values)
      const range = rangeOf(values.at(-1) ?? '')
      if (size === undefined || !range) return undefined
      return size !== 'none' && size >= range.low && size <= range.high
    },
    found(facts, values) {
      const size = of(facts, values)
      return typeof size === 'number' ? `${size} MB` : size
    },
    needs,
  }
}

function refuseRange(text: string): string | undefined {
  const range = rangeOf(text)
  if (!range) return 'low-high in MB, such as 4096-8192'
  return range.low > range.high ? `low-high with the smaller number first` : undefined
}

const oneOf = (pattern: RegExp, expected: string) => (text: string) =>
  pattern.test(text) ? undefined : expected

const byName: Readonly<Record<string, RuleKeyword>> = {
  any: {
    values: ['-'],
    refuse: ([text]) => (text === '-' ? undefined : '-'),
    test: () => true,
    found: () => 'any host',
    needs: '',
  },
  arch: exact('sparc or i386', ({ arch }) => arch, 'its arch', oneOf(/^(sparc|i386)$/, 'sparc or i386')),
  disksize: within(
    ['disk'],
    (facts, [disk = '']) => sizeOf(facts, disk),
    'the fact disks',
    ([disk = '']) => (disk === 'rootdisk' || DISK.test(disk) ? undefined : `${DISK_FORMS} or rootdisk first`),
  ),
  domainname: exact('domain', ({ domainname }) => domainname, 'the fact domainname'),
  hostaddress: exact(
    'IPv4 address',
    ({ hostaddress }) => hostaddress,
    'an address',
    oneOf(IPV4, 'an IPv4 address in dotted form'),
  ),
  hostname: exact('host name', ({ hostname }) => hostname, 'its name'),
  installed: {
    values: ['slice', 'release'],
    refuse: ([slice = '', release = '']) => {
      if (slice !== 'rootdisk' && slice !== 'any' && !SLICE.test(slice))
        return `${SLICE_FORMS}, rootdisk or any first`
      const isKnown = ['any', 'upgrade', 'SystemV'].includes(release) || SOLARIS.test(release)
      return isKnown ? undefined : 'a release such as Solaris_10, any or upgrade second'
    },
    test(facts, [slice = '', release = '']) {
      const found = installedOn(facts, slice)
      return found?.some((one) => isRelease(one, release))
    },
    found: (facts, [slice = '']) => installedOn(facts, slice)?.join(', ').replace(/^$/, 'nothing'),
    needs: 'the fact installed',
  },
  karch: exact('platform group', ({ karch }) => karch, 'its arch'),
  memsize: within([], ({ memory }) => memory, 'the fact memory'),
  model: exact('platform name', ({ model }) => model, 'the fact model'),
  network: exact(
    'network number',
    ({ network }) => network,
    'a network, or an interface with an address',
    oneOf(IPV4, 'a network number in dotted form, such as 192.0.2.0'),
  ),
  osname: exact(
    'release',
    ({ osname }) => osname,
    'the fact osname',
    oneOf(SOLARIS, 'a release such as Solaris_10'),
  ),
  totaldisk: within([], totalOf, 'the fact disks'),
}

export const keywordNames = Object.keys(byName)

export function findKeyword(name: string): RuleKeyword | undefined {
  return Object.hasOwn(byName, name) ? byName[name] : undefined
}

/** What `probe NAME` can find out by itself (jumpstart.md 1.3). */
export const probeNames = [
  'arch',
  'disks',
  'domainname',
  'hostaddress',
  'hostname',
  'installed',
  'karch',
  'memsize',
  'model',
  'network',
  'osname',
  'rootdisk',
  'totaldisk',
]

function sizeOf({ disks, rootdisk }: JumpStartFacts, wanted: string): number | undefined | 'none' {
  if (!disks || (wanted === 'rootdisk' && rootdisk === undefined)) return undefined
  const name = wanted === 'rootdisk' ? rootdisk : wanted
  return disks.find((disk) => disk.name === name)?.size ?? 'none'
}

function totalOf({ disks }: JumpStartFacts): number | undefined {
  return disks?.reduce((sum, { size }) => sum + size, 0)
}

function installedOn({ installed, rootdisk }: JumpStartFacts, wanted: string): string[] | undefined {
  if (!installed || (wanted === 'rootdisk' && rootdisk === undefined)) return undefined
  return installed
    .filter(({ slice }) =>
      wanted === 'rootdisk' ? diskOf(slice) === rootdisk : wanted === 'any' || slice === wanted,
    )
    .map(({ release }) => release)
}

/** `any`: whatever was found; `upgrade`: a Solaris that can be upgraded. */
function isRelease(found: string, wanted: string): boolean {
  if (wanted === 'any') return true
  return wanted === 'upgrade' ? SOLARIS.test(found) : found === wanted
}
