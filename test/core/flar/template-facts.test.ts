import { expect, test } from 'vitest'
import { parseIdentification } from '#core/flar/identification.ts'
import { renderFlarPreamble } from '#core/flar/preamble.ts'
import { FlarReader, type FlarPreamble } from '#core/flar/reader.ts'
import {
  flarDescriptionOf,
  flarSectionsOf,
  isForMachine,
  templateFactsOf,
} from '#core/flar/template-facts.ts'
import type { Manifest } from '#core/manifest.ts'
import { exampleManifest } from '../example-plan.ts'

/** What is read of the archive that is written for a version. */
function readBack(manifest: Manifest): FlarPreamble {
  const description = { ...flarDescriptionOf(manifest), archiver: 'cpio', compression: 'none' } as const
  let found: FlarPreamble | undefined
  const sink = { preamble: (preamble: FlarPreamble) => (found = preamble), payload: () => undefined }
  new FlarReader(sink).push(renderFlarPreamble(description, flarSectionsOf(manifest)))
  if (!found) throw new Error('no preamble')
  expect(found.problems).toEqual([])
  return found
}
const native = (facts: Partial<Manifest>) =>
  exampleManifest('web', { osFamily: 'solaris10', brand: 'native', osRelease: 's10u8', ...facts })

test.each<[facts: Partial<Manifest>, machines: string | undefined, arch: string | undefined]>([
  [{ arch: 'sun4v' }, 'sun4v', 'sun4v'],
  [{ arch: 'sparc' }, 'sun4u,sun4us,sun4v', 'sparc'],
  [{ arch: 'i386' }, 'i86pc', 'i86pc'],
  [{ arch: 'amd64' }, 'i86pc', 'i86pc'],
  [{ arch: 'x86_64' }, 'i86pc', 'i86pc'],
  [{ arch: 'x86_64', osFamily: 'linux', brand: 'lx' }, 'x86_64', 'x86_64'],
  [{ arch: 'constructor' }, 'constructor', 'constructor'],
])('machines of %j are those that uname -m says: %s', (facts, machines, arch) => {
  const preamble = readBack(native(facts))
  expect(preamble.identification.values.get('content_architectures')).toBe(machines)
  expect(templateFactsOf(preamble).arch).toBe(arch)
})

test('what an archive says of its version is read as it was', () => {
  const manifest = native({ kind: 'system', notes: 'one\n\ntwo', zonecfg: 'create -b\n', arch: 'sun4u' })
  const { kind, brand, osFamily, osRelease, arch, notes, zonecfg } = manifest
  expect(templateFactsOf(readBack(manifest))).toEqual({
    kind,
    brand,
    osFamily,
    osRelease,
    arch,
    notes,
    zonecfg,
  })
})

test.each(['a\nb=c', 'a\r\nb', 'section_end=identification', 'a\nsection_end=identification\n', '=', '\n'])(
  'notes that look like something else (%j) stay notes',
  (notes) => {
    const said = templateFactsOf(readBack(native({ notes })))
    expect(Object.keys(said).toSorted()).toEqual(
      ['brand', 'osFamily', 'osRelease', ...(notes.trim() === '' ? [] : ['notes'])].toSorted(),
    )
  },
)

test.each([
  ['content_architectures=sun4u,sun4v', 'sparc'],
  ['content_architectures=sun4u, i86pc', undefined],
  ['content_architectures=sun4u,i86pc\ncreation_processor=sparc', 'sparc'],
  ['content_architectures=i86pc,i86pc', 'i386'],
  ['content_name=any', undefined],
])('an archive that says %j is for %s', (lines, arch) => {
  const { identification } = parseIdentification(new TextEncoder().encode(`${lines}\n`), 2)
  const preamble = { identification, sections: [], problems: [] } as unknown as FlarPreamble
  expect(templateFactsOf(preamble).arch).toBe(arch)
})

test.each([
  [[], 'i86pc', true],
  [['i86pc'], 'i86pc', true],
  [['sun4u', 'sun4v'], 'sun4v', true],
  [['sun4u', 'sun4v'], 'sun4us', false],
  [['sun4u', 'sun4v'], 'sparc', true],
  [['i86pc'], 'amd64', true],
  [['sun4u'], 'i86pc', false],
  [['sun4u'], 'constructor', false],
])('an archive for %j is for %s: %s', (machines, arch, isFor) => {
  expect(isForMachine(machines, arch)).toBe(isFor)
})
