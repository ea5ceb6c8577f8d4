import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The sections of a reference, and the items of one: "4.1", "16 item 24". */
function sectionsOf(text: string): Set<string> {
  let section = ''
  const found = [...text.matchAll(/^#{2,} (\d+(?:\.\d+)*)|^- Item (\d+):/gm)].map(([, number, item]) => {
    section = number ?? section
    return item === undefined ? section : `${section} item ${item}`
  })
  return new Set(found)
}

/** What a citation names: "4.1, 4.8" and "3.3 to 3.5" sections, "16 items 3 and 24" items of a section. */
function namedIn(list: string): string[] {
  const named = [...list.matchAll(/(to )?((?:\d+\.)*)(\d+)(?: items? (\d+)(?: and (\d+))?)?/g)]
  return named.flatMap(([, to, above = '', last, ...items], at) => {
    const first = to === undefined ? Number(last) : Number(named[at - 1]?.[3]) + 1
    const range = Array.from({ length: Number(last) - first + 1 }, (_, step) => `${above}${first + step}`)
    return [...range, ...items.filter(Boolean).map((item) => `${above}${last} item ${item}`)]
  })
}

const number = /\d+(?:\.\d+)*(?: items? \d+(?: and \d+)?)?/.source
const citation = new RegExp(
  `(?<![/\\w])(zones|jumpstart|zfs-stream)\\.md(?: (${number}(?:(?:, | and | to )${number})*))?`,
  'g',
)

describe('the references that comments cite', () => {
  const sections = new Map(
    ['zones', 'jumpstart', 'zfs-stream'].map((name) => [name, sectionsOf(read(`docs/reference/${name}.md`))]),
  )

  test('each citation in the code leads to a section', () => {
    const folders = '{core,app,adapters,server,worker,cli,sandbox,finish-scripts,templates,test}'
    const files = globSync(`${folders}/**/*.{ts,sh,sql}`, { cwd: root }).filter(
      (file) => file !== 'test/reference.test.ts',
    )
    const citations = files.flatMap((file) =>
      [...read(file).matchAll(citation)].map(([text, name = '', list = 'no section']) => ({
        file,
        text,
        name,
        list,
      })),
    )
    expect(citations.length).toBeGreaterThan(200)
    const wrong = citations.filter(({ name, list }) => {
      const named = namedIn(list)
      return named.length === 0 || !named.every((section) => sections.get(name)?.has(section))
    })
    expect(wrong.map(({ file, text }) => `${file}: ${text}`)).toEqual([])
  })

  test('lists, ranges and items are told apart', () => {
    expect(namedIn('4.1, 4.8')).toEqual(['4.1', '4.8'])
    expect(namedIn('0, 2.5 to 2.7')).toEqual(['0', '2.5', '2.6', '2.7'])
    expect(namedIn('5, 16 items 3 and 24')).toEqual(['5', '16', '16 item 3', '16 item 24'])
    expect(sectionsOf('# A\n## 1. B\n- Item 2: c\n### 1.2 D')).toEqual(new Set(['1', '1 item 2', '1.2']))
  })
})
