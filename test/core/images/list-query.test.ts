import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProvisionError } from '#core/errors.ts'
import { imageErrorOf } from '#core/images/errors.ts'
import { pageOf, parseListQuery } from '#core/images/list-query.ts'
import type { ImageManifest } from '#core/images/manifest.ts'
import { imageUuid, NOBODY } from '#core/images/uuid.ts'

const names = [
  'state',
  'name',
  'version',
  'owner',
  'public',
  'os',
  'type',
  'tag.role',
  'tag.',
  'billing_tag',
  'channel',
  'limit',
  'marker',
  'sort',
  'account',
  '__proto__',
  '',
]
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('all', 'true', '1000', '~', '!', '*', NOBODY, '2026-02-30', 'published_at', '-1', '1e3'),
)

/** Some of one moment, some without milliseconds. */
const imagesArbitrary = fc
  .uniqueArray(fc.nat({ max: 9_999 }), { maxLength: 60 })
  .map((numbers) => numbers.map((number) => imageOf(number)))

function imageOf(number: number): ImageManifest {
  const uuid = imageUuid(String(number).padStart(64, '0').split('').toReversed().join(''))
  const second = String(number % 7).padStart(2, '0')
  return {
    v: 2,
    uuid,
    owner: NOBODY,
    name: 'web',
    version: `1.${number}`,
    type: 'zone-dataset',
    os: 'smartos',
    published_at: `2026-01-01T00:00:${second}${number % 2 ? '.000' : ''}Z`,
    state: 'active',
    disabled: false,
    public: true,
    files: [{ sha1: 'a'.repeat(40), size: 1, compression: 'none' }],
  }
}

/** A page, or the failure that was foreseen. */
function answerTo(
  parameters: URLSearchParams,
  images: readonly ImageManifest[],
): ImageManifest[] | ReturnType<typeof imageErrorOf> {
  try {
    return pageOf(images, parseListQuery(parameters))
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return imageErrorOf(error)
  }
}

test('whatever is asked is answered with a page, or refused by the name of a parameter', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 6 }),
      imagesArbitrary,
      (parameters, images) => {
        const answer = answerTo(new URLSearchParams(parameters), images)
        return Array.isArray(answer)
          ? answer.length <= 1000
          : answer.status === 422 && answer.body.code === 'InvalidParameter'
      },
    ),
    { numRuns: 500 },
  )
})

test('pages that follow each other’s last image have every image once, in one order', () => {
  fc.assert(
    fc.property(imagesArbitrary, fc.integer({ min: 2, max: 9 }), fc.boolean(), (images, limit, newest) => {
      const sort = newest ? 'published_at.desc' : 'published_at.asc'
      const page = (marker?: string) =>
        pageOf(
          images,
          parseListQuery(new URLSearchParams({ limit: String(limit), sort, ...(marker && { marker }) })),
        )
      const all = page()
      for (let last = all.at(-1); last && all.length < images.length; last = all.at(-1)) {
        const [again, ...more] = page(last.uuid)
        expect(again).toBe(last)
        if (more.length === 0) break
        all.push(...more)
      }
      expect(all.map(({ uuid }) => uuid)).toHaveLength(images.length)
      expect(new Set(all).size).toBe(images.length)
      const whole = pageOf(images, parseListQuery(new URLSearchParams({ sort })))
      expect(all).toEqual(whole)
    }),
  )
})
