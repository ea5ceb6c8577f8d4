// ListImages: which images are told, in which order, a page at a time (jumpstart.md 6.2.2).
import { invalidParameter } from './errors.ts'
import type { ImageManifest } from './manifest.ts'
import { Uuid } from './uuid.ts'

const MAX_PAGE = 1000
const states = ['active', 'disabled', 'unactivated', 'all'] as const
const MAX_TEXT = 1024

export interface ListQuery {
  matches: (image: ImageManifest) => boolean
  limit: number
  /** where the page begins: an image, or a time in ISO 8601 */
  marker: { uuid: Uuid } | { time: string } | undefined
  newestFirst: boolean
}

/** What is not known is passed over, as other servers of the kind do. @throws InvalidParameter */
export function parseListQuery(parameters: URLSearchParams): ListQuery {
  const given = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (given.has(name)) throw invalidParameter(name.slice(0, 64), 'given twice, expected once')
    if (value.length > MAX_TEXT)
      throw invalidParameter(name.slice(0, 64), `longer than ${MAX_TEXT} characters`)
    given.set(name, value)
  }
  const tests = [...given].flatMap(([name, value]) => filterOf(name, value) ?? [])
  if (!given.has('state')) tests.push(({ state }) => state === 'active')
  return {
    matches: (image) => tests.every((test) => test(image)),
    limit: limitOf(given.get('limit')),
    marker: markerOf(given.get('marker')),
    newestFirst: isNewestFirst(given.get('sort')),
  }
}

type Filter = (image: ImageManifest) => boolean

/** Undefined for what chooses no images. */
function filterOf(name: string, value: string): Filter | undefined {
  switch (name) {
    case 'state':
      if (!states.some((state) => state === value))
        throw invalidParameter(name, `${JSON.stringify(value)} is no state, expected ${states.join(', ')}`)
      return ({ state }) => value === 'all' || state === value
    case 'name':
      return textFilter(value, (image) => image.name)
    case 'version':
      return textFilter(value, (image) => image.version)
    case 'os':
      return (image) => image.os === value
    case 'type':
      return value.startsWith('!')
        ? (image) => image.type !== value.slice(1)
        : (image) => image.type === value
    case 'owner':
      if (!Uuid.safeParse(value).success) throw invalidParameter(name, 'expected a uuid')
      return (image) => image.owner === value
    case 'public':
      if (value !== 'true' && value !== 'false') throw invalidParameter(name, 'expected true or false')
      return (image) => image.public === (value === 'true')
    case 'channel':
      return (image) => value === '*' || (image.channels ?? []).includes(value)
    case 'billing_tag':
      return (image) => (image.billing_tags ?? []).includes(value)
    default:
      return name.startsWith('tag.') ? tagFilter(name.slice('tag.'.length), value) : undefined
  }
}

/** `~web`: what has it in it somewhere, in these very letters. */
function textFilter(value: string, textOf: (image: ImageManifest) => string): Filter {
  return value.startsWith('~')
    ? (image) => textOf(image).includes(value.slice(1))
    : (image) => textOf(image) === value
}

function tagFilter(key: string, value: string): Filter {
  return ({ tags = {} }) => {
    const tag = Object.hasOwn(tags, key) ? tags[key] : undefined
    return ['string', 'number', 'boolean'].includes(typeof tag) && String(tag) === value
  }
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return MAX_PAGE
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_PAGE) return limit
  throw invalidParameter('limit', `expected a whole number from 1 to ${MAX_PAGE}`)
}

const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z)?$/

function markerOf(text: string | undefined): ListQuery['marker'] {
  if (text === undefined) return undefined
  if (Uuid.safeParse(text).success) return { uuid: text }
  if (time.test(text) && !Number.isNaN(Date.parse(text))) return { time: new Date(text).toISOString() }
  throw invalidParameter('marker', 'expected the uuid of an image or a time such as 2026-03-01T12:00:00.000Z')
}

function isNewestFirst(text: string | undefined): boolean {
  if (text === undefined || text === 'published_at' || text === 'published_at.asc') return false
  if (text === 'published_at.desc') return true
  throw invalidParameter('sort', 'expected published_at, published_at.asc or published_at.desc')
}

/**
 * One page: oldest first, those of one moment by uuid. It begins with the marker itself: a client asks on from the last that
 * it has, and drops that. @throws InvalidParameter when the marker is an image that is not here
 */
export function pageOf(images: readonly ImageManifest[], query: ListQuery): ImageManifest[] {
  const { matches, limit, marker, newestFirst } = query
  const sign = newestFirst ? -1 : 1
  const sorted = images.toSorted((a, b) => sign * order(a, b))
  const isFrom = startOf(marker, sorted, sign)
  return sorted.filter((image) => isFrom(image) && matches(image)).slice(0, limit)
}

function startOf(
  marker: ListQuery['marker'],
  images: readonly ImageManifest[],
  sign: number,
): (image: ImageManifest) => boolean {
  if (marker === undefined) return () => true
  if ('time' in marker) return (image) => sign * compare(timeKey(image), marker.time) >= 0
  const first = images.find(({ uuid }) => uuid === marker.uuid)
  if (!first) throw invalidParameter('marker', `there is no image ${marker.uuid}`)
  return (image) => sign * order(image, first) >= 0
}

function order(a: ImageManifest, b: ImageManifest): number {
  return compare(timeKey(a), timeKey(b)) || compare(a.uuid, b.uuid)
}

/** Times sort by this, whether they were written with milliseconds or without. */
function timeKey({ published_at: at }: ImageManifest): string {
  return at.includes('.') ? at : at.replace('Z', '.000Z')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
