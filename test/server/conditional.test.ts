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

test('a HEAD ignores Range but honours If-None-Match', () => {
  expect(answer({ range: 'bytes=0-9' }, 'HEAD').status).toBe(200)
  expect(answer({ 'if-none-match': etag }, 'HEAD').status).toBe(304)
})
