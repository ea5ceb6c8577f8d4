import { afterAll, beforeAll, expect, test } from 'vitest'
import { addVersion, serve, type Served } from './served.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(() => served[Symbol.asyncDispose]())

const FLASH = 'install_type flash_install\narchive_location http js1 /a.flar auth basic me secret\n'
const call = (
  method: string,
  path: string,
  body?: unknown,
  as: 'viewer' | 'operator' | 'publisher' = 'publisher',
) => served.call(method, `/api/v1${path}`, { as, ...(body !== undefined && { body }) })
const change = (body: object) => call('PATCH', '/jumpstart', body)

test('rules and files are changed together, shown, and kept in revisions', async () => {
  expect((await call('GET', '/jumpstart/revisions/latest')).json).toEqual({
    revision: 0,
    rules: 'any - begin profile finish\n',
    files: [],
  })
  await call('POST', '/hosts', { name: 'h1', arch: 'i86pc' })
  const first = await change({
    rules: '# which\nprobe rootdisk\nany - - prof/flash finish\n',
    files: { 'prof/flash': { text: FLASH, mode: 0o644 } },
    why: 'first',
  })
  expect(first).toMatchObject({
    status: 200,
    json: { revision: 1, unchanged: false, problems: [], broken: [] },
  })
  const { json } = await call('GET', '/jumpstart/revisions/1', undefined, 'viewer')
  expect(json).toEqual({
    revision: 1,
    rules: '# which\nprobe rootdisk\nany - - prof/flash finish\n',
    files: [{ path: 'prof/flash', mode: 0o644, size: FLASH.length }],
    actor: 'the-publisher',
    why: 'first',
    at: expect.any(String),
  })
  expect((await call('GET', '/jumpstart/revisions/0')).json).toMatchObject({
    revision: 0,
    rules: 'any - begin profile finish\n',
  })
  const ok = await call('GET', '/jumpstart/revisions/latest/rules.ok', undefined, 'viewer')
  expect(ok.headers.get('content-type')).toMatch(/^text\/plain/)
  expect(ok.text).toMatch(/^probe rootdisk\nany - - prof\/flash finish\n# version=2 checksum=\d+\n$/)
  expect((await call('GET', '/jumpstart/revisions?limit=5')).json).toMatchObject([{ revision: 1 }])
  expect((await call('GET', '/audit?limit=1', undefined, 'publisher')).status).not.toBe(200)
  expect((await served.services.audit.list(1))[0]).toMatchObject({ action: 'jumpstart.set' })
})

test('the text of a file is for operators: it may hold a password', async () => {
  const route = '/jumpstart/revisions/latest/file?path=prof%2Fflash'
  expect((await call('GET', route, undefined, 'viewer')).status).toBe(403)
  expect((await call('GET', route, undefined, 'operator')).json).toEqual({ text: FLASH, mode: 0o644 })
  for (const path of ['prof', '../x', '__proto__'])
    expect(
      await call('GET', `/jumpstart/revisions/1/file?path=${path}`, undefined, 'operator'),
    ).toMatchObject({
      status: 404,
      json: { code: 'JumpStartFileNotFound' },
    })
})

test('a masked document of a host is never a file that somebody stored', async () => {
  const profile = {
    sysid: { rootPassword: 'NP' },
    zones: [{ name: 'w', template: 'mysql@stable' }],
    jumpstart: { installProfile: 'install_type initial_install\n' },
  }
  const facts = { brand: 'native', osFamily: 'solaris10', osRelease: 's10u8' } as const
  await addVersion(served.services, { version: '1.0', facts, layout: 'zonepath', bytes: Buffer.from('b') })
  await served.services.catalog.setChannel('mysql', 'stable', '1.0')
  expect((await call('PUT', '/profiles/js', profile)).status).toBe(200)
  expect((await call('POST', '/hosts', { name: 'js1', release: 's10u8', profile: 'js' })).status).toBe(201)
  const script = (query: string, as: 'viewer' | 'operator') =>
    served.call('GET', `/api/v1/hosts/js1/script?document=${query}`, { as })
  expect((await script('prof/flash', 'operator')).text).toBe(FLASH)
  for (const as of ['viewer', 'operator'] as const)
    for (const file of ['prof/flash', 'custom_probes', 'custom_probes.ok', 'no/such'])
      expect(await script(`${file}&masked=1`, as), file).toMatchObject({
        status: 403,
        json: { code: 'RoleTooLow' },
      })
  for (const file of ['rules', 'rules.ok', 'sysidcfg', 'begin', 'profile', 'finish'])
    expect(await script(`${file}&masked=1`, 'viewer'), file).toMatchObject({ status: 200 })
  await call('DELETE', '/hosts/js1')
})

test('a host sees which rule it gets, and why', async () => {
  await change({
    rules: 'arch sparc && memsize 1-2 - prof/flash -\nmemsize 1-2 - prof/flash -\nany - - prof/flash -\n',
  })
  const { json } = await call('GET', '/hosts/h1/rules', undefined, 'viewer')
  expect(json).toEqual({
    revision: 2,
    host: 'h1',
    rules: [
      {
        line: 1,
        rule: 'arch sparc && memsize 1-2 - prof/flash -',
        verdict: 'no',
        terms: [{ term: 'arch sparc', verdict: 'no', why: 'the host has "i386"' }, { term: 'memsize 1-2' }],
      },
      {
        line: 2,
        rule: 'memsize 1-2 - prof/flash -',
        verdict: 'unknown',
        terms: [
          {
            term: 'memsize 1-2',
            verdict: 'unknown',
            why: 'the record of the host does not have the fact memory',
          },
        ],
      },
      {
        line: 3,
        rule: 'any - - prof/flash -',
        verdict: 'yes',
        terms: [{ term: 'any -', verdict: 'yes', why: 'any host' }],
      },
    ],
    winner: { line: 3, begin: '-', profile: 'prof/flash', finish: '-' },
    undecided: [2],
  })
  expect((await call('GET', '/hosts/h9/rules')).json).toMatchObject({ code: 'HostNotFound' })
})

test('what breaks a host, cannot be read, or meets a newer revision is refused with its code', async () => {
  expect(await change({ rules: 'hostname h2 - prof/flash -\n' })).toMatchObject({
    status: 409,
    json: { code: 'HostsWouldBreak', details: { hosts: [{ host: 'h1', why: 'no rule matches' }] } },
  })
  expect(await change({ rules: 'hostname\n' })).toMatchObject({ status: 400, json: { code: 'RulesInvalid' } })
  expect(await change({ rules: 'any - begin profile finish\n', expected: 1 })).toMatchObject({
    status: 409,
    json: { code: 'JumpStartChanged' },
  })
  expect((await call('GET', '/jumpstart/revisions/99')).json).toMatchObject({ code: 'RevisionNotFound' })
  expect(await change({ rules: 'hostname h2 - prof/flash -\n', force: true })).toMatchObject({
    status: 200,
    json: { revision: 3, broken: [{ host: 'h1', why: 'no rule matches' }] },
  })
  expect((await call('GET', '/hosts/h1/rules')).json).toMatchObject({
    fault: 'no rule matches',
    undecided: [],
  })
})

test.for([
  ['sysidcfg', /expected another name: sysidcfg is what the server writes there/],
  ['rules.ok', /expected another name/],
  ['finish', /expected another name/],
  ['begin/x', /expected another name: begin is what the server writes there/],
  ['custom_probes.ok/x', /expected another name: custom_probes.ok is/],
  ['zones/web01/sysidcfg', /expected another name: zones is/],
  ['wanboot/x', /expected another name: wanboot is/],
  ['/etc/passwd', /expected a path relative to the JumpStart directory/],
  ['a/../b', /expected a path without/],
  ['a b', /expected letters, digits and/],
  ['x'.repeat(101), /expected at most 100 characters/],
] as const)('a file is not called %s', async ([path, expected]) => {
  const { status, json } = await change({ files: { [path]: { text: '', mode: 0o644 } } })
  expect(status).toBe(400)
  expect(json).toMatchObject({ code: 'InvalidRequest', message: expect.stringMatching(expected) })
})

test('files are text with a mode of a file', async () => {
  for (const file of [
    { text: 'a\0b', mode: 0o644 },
    { text: '', mode: 0o4755 },
    { text: '', mode: 0 },
    { text: 'x'.repeat(1024 ** 2 + 1), mode: 0o644 },
  ])
    expect((await change({ files: { a: file } })).json).toMatchObject({ code: 'InvalidRequest' })
})

test('rules of ten thousand lines fit into a request', async () => {
  const rules = `${'hostname h1 && network 192.0.2.0 && ! arch sparc - prof/flash -\n'.repeat(10_000)}any - - prof/flash -\n`
  expect(await change({ rules })).toMatchObject({ status: 200, json: { revision: 4 } })
})

test('a fact that rules could not read is refused when a host is given', async () => {
  const { status, json } = await call('POST', '/hosts', { name: 'h7', facts: { memory: '8 GB' } })
  expect(status).toBe(400)
  expect(json).toMatchObject({
    message: expect.stringContaining(
      'the fact memory is "8 GB", expected MB as a whole number, such as 8192',
    ),
  })
})
