import { expect, test } from 'vitest'
import { decideAnswer } from '#server/conditional.ts'

const etag = '"abc"'
const answer = (headers: Record<string, string>, method = 'GET') => decideAnswer(method, headers, etag, 100)

test.each([
  ['nothing', {}, 200],
  ['its own tag', { 'if-none-match': '"abc"' }, 304],
  ['its own tag, weak', { 'if-none-match': 'W/"abc"' }, 304],
  ['its own tag among others', { 'if-none-match': '"x", "abc","y"' }, 304],
  ['any tag', { 'if-none-match': '*' }, 304],
  ['another tag', { 'if-none-match': '"x"' }, 200],
  ['a tag that only contains it', { 'if-none-match': '"abcd"' }, 200],
  ['a tag without quotes', { 'if-none-match': 'abc' }, 200],
  ['If-Match with its own tag', { 'if-match': '"abc"' }, 200],
  ['If-Match with any tag', { 'if-match': '*' }, 200],
  ['If-Match with another tag', { 'if-match': '"x"' }, 412],
  ['If-Match with its tag, weak', { 'if-match': 'W/"abc"' }, 412],
  ['If-Match that fails before If-None-Match', { 'if-match': '"x"', 'if-none-match': '"abc"' }, 412],
  ['a range', { range: 'bytes=0-9' }, 206],
  ['a range that If-None-Match makes needless', { range: 'bytes=0-9', 'if-none-match': '"abc"' }, 304],
  ['a range with If-Range and its own tag', { range: 'bytes=0-9', 'if-range': '"abc"' }, 206],
  ['a range with If-Range and another tag', { range: 'bytes=0-9', 'if-range': '"x"' }, 200],
  ['a range with If-Range and its tag, weak', { range: 'bytes=0-9', 'if-range': 'W/"abc"' }, 200],
  [
    'a range with If-Range and a date',
    { range: 'bytes=0-9', 'if-range': 'Fri, 20 Nov 2026 11:00:00 GMT' },
    200,
  ],
  ['an impossible range with If-Range and another tag', { range: 'bytes=500-', 'if-range': '"x"' }, 200],
  ['an impossible range', { range: 'bytes=500-' }, 416],
  ['several ranges', { range: 'bytes=0-1,3-4' }, 416],
  ['a range in another unit', { range: 'lines=1-2' }, 200],
])('a GET with %s gets its status', (_what, headers: Record<string, string>, status) => {
  expect(answer(headers).status).toBe(status)
})

const told = 'Fri, 20 Nov 2026 11:00:00 GMT'
const [before, after] = ['Fri, 20 Nov 2026 10:59:59 GMT', 'Fri, 20 Nov 2026 11:00:01 GMT']
const part = { range: 'bytes=0-9' }

test.each([
  ['If-Modified-Since and the date that was told', { 'if-modified-since': told }, 304],
  ['If-Modified-Since and a later date', { 'if-modified-since': after }, 304],
  ['If-Modified-Since and an earlier date', { 'if-modified-since': before }, 200],
  ['If-Modified-Since and no date', { 'if-modified-since': '2030' }, 200],
  ['If-Modified-Since beside another tag', { 'if-modified-since': told, 'if-none-match': '"x"' }, 200],
  ['If-Unmodified-Since and the date that was told', { 'if-unmodified-since': told }, 200],
  ['If-Unmodified-Since and an earlier date', { 'if-unmodified-since': before }, 412],
  ['If-Unmodified-Since and no date', { 'if-unmodified-since': 'yesterday' }, 200],
  ['If-Unmodified-Since beside its tag', { 'if-unmodified-since': before, 'if-match': '"abc"' }, 200],
  ['If-Range and the date that was told', { ...part, 'if-range': told }, 206],
  ['If-Range and a later date', { ...part, 'if-range': after }, 200],
  ['If-Range and an earlier date', { ...part, 'if-range': before }, 200],
])('a GET with %s gets its status where a date is told', (_what, headers: Record<string, string>, status) => {
  const modified = new Date('2026-11-20T11:00:00.500Z')
  expect(decideAnswer('GET', headers, etag, 100, modified).status).toBe(status)
})

test('where no date is told, dates count for nothing', () => {
  for (const name of ['if-modified-since', 'if-unmodified-since'])
    for (const date of [before, told, after]) expect(answer({ [name]: date }).status).toBe(200)
})

test('a HEAD ignores Range but honours If-None-Match', () => {
  expect(answer({ range: 'bytes=0-9' }, 'HEAD').status).toBe(200)
  expect(answer({ 'if-none-match': etag }, 'HEAD').status).toBe(304)
})
