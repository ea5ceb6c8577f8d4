import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  deploymentArchive,
  deploymentProblem,
  deploymentSection,
  readDeployment,
} from '#core/flar/deployment.ts'
import { uudecode, uuencode } from '#core/flar/uuencode.ts'
import { shell } from '#test/archives.ts'

const hasPrograms = ['compress', 'uuencode'].every((name) => spawnSync(name, ['--help']).error === undefined)
const invalid = (said: RegExp) =>
  expect.objectContaining({ code: 'FlarInvalid', message: expect.stringMatching(said) })

describe('uuencode', () => {
  test('comes back, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = uuencode({ name: 'a b', mode: 0o755, bytes })
        expect(uudecode(text)).toEqual({ name: 'a b', mode: 0o755, bytes })
      }),
    )
  })

  test.skipIf(!hasPrograms)('is what the program writes, and reads', () => {
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) % 256))
    const written = shell('/', 'uuencode name', bytes)
    expect(uudecode(written).bytes).toEqual(new Uint8Array(bytes))
    expect(
      Buffer.compare(
        shell('/', 'uudecode -o /dev/stdout', uuencode({ name: 'x', mode: 0o644, bytes })),
        bytes,
      ),
    ).toBe(0)
  })

  test('with blanks for zeros, of which the last are cut off, is read', () => {
    expect([...uudecode(Buffer.from('words before\nbegin 644 x\n$    \n#\n \nend\n')).bytes]).toEqual(
      Array(7).fill(0),
    )
  })

  test.each([
    ['no begin', 'hello\n', /no line "begin/],
    ['no end', 'begin 644 x\n`\n', /no line "end"/],
    ['a byte that is none', 'begin 644 x\n#abc~\nend\n', /byte 97/],
    ['more characters than it says', 'begin 644 x\n!!!!!!!!!!\nend\n', /line 2/],
    ['lines that say more than there is', `begin 644 x\n${'M\n'.repeat(100)}end\n`, /line \d+/],
  ])('with %s is refused', (_what, text, said) => {
    expect(() => uudecode(Buffer.from(text))).toThrow(invalid(said))
  })
})

describe.skipIf(!hasPrograms)('deployment scripts', () => {
  const script = Buffer.from('#!/bin/sh\n')
  const files = [
    { path: 'predeployment_processing', mode: 0o755, content: script },
    { path: 'predeployment/10-disks', mode: 0o755, content: Buffer.from('echo disks\n') },
  ]
  const compressed = (archive: Uint8Array) => shell('/', 'compress -f -c', archive)
  const section = (given = files, archiver: 'cpio' | 'pax' = 'cpio') => {
    const archive = deploymentArchive('predeployment', given, { archiver, mtime: 1_700_000_000 })
    return deploymentSection('predeployment', archiver, compressed(archive))
  }

  test.each(['cpio', 'pax'] as const)('come back from their section, as %s', (archiver) => {
    const read = readDeployment(section(files, archiver))
    expect(read.archiver).toBe(archiver)
    expect(
      read.files.map(({ path, mode, content }) => [path, mode, Buffer.from(content).toString()]),
    ).toEqual([
      ['predeployment/10-disks', 0o755, 'echo disks\n'],
      ['predeployment_processing', 0o755, '#!/bin/sh\n'],
    ])
    expect(deploymentProblem('predeployment', read, archiver)).toBeUndefined()
    const other = archiver === 'cpio' ? 'pax' : 'cpio'
    expect(deploymentProblem('predeployment', read, other)).toMatch(
      `files_archived_method is ${other}: the installer looks for predeployment.${other}.Z`,
    )
  })

  test('are unpacked by the programs that the installer runs', () => {
    const listed = shell('/', 'uudecode -o /dev/stdout | uncompress -c | cpio --quiet -it', section().content)
    expect(listed.toString()).toBe('predeployment\npredeployment/10-disks\npredeployment_processing\n')
  })

  test('of a pax archive are a pax, which the installer asks for by its name', () => {
    const { content } = section(files, 'pax')
    expect(Buffer.from(content).toString().split('\n')[0]).toBe('begin 644 predeployment.pax.Z')
    const listed = shell('/', 'uudecode -o /dev/stdout | uncompress -c | tar -tf -', content)
    expect(listed.toString()).toBe('predeployment/\npredeployment/10-disks\npredeployment_processing\n')
  })

  test('of a pax with extended headers are read too', () => {
    const tar = shell(
      '/',
      'cd "$(mktemp -d)" && echo hi > reboot_processing && bsdtar --format=pax -cf - reboot_processing',
    )
    const content = uuencode({ name: 'reboot.pax.Z', mode: 0o644, bytes: compressed(tar) })
    expect(readDeployment({ name: 'reboot', content })).toMatchObject({
      archiver: 'pax',
      files: [{ path: 'reboot_processing' }],
    })
  })

  test('without the program that runs them make the stage fail, but for those of the reboot', () => {
    expect(deploymentProblem('postdeployment', { archiver: 'cpio', files }, 'cpio')).toMatch(
      /no postdeployment_processing/,
    )
    expect(deploymentProblem('reboot', { archiver: 'cpio', files: [] }, 'cpio')).toBeUndefined()
    const unset = files.map((each) => ({ ...each, mode: 0o644 }))
    expect(deploymentProblem('predeployment', { archiver: 'cpio', files: unset }, 'cpio')).toMatch(
      /may not be executed/,
    )
  })

  test('that lead out of their directory, or have another name, are refused', () => {
    const climbing = [{ path: '../../etc/passwd', mode: 0o644, content: script }]
    expect(() => readDeployment(section(climbing))).toThrow(
      expect.objectContaining({ code: 'ParentReference' }),
    )
    expect(() => readDeployment({ ...section(), name: 'reboot' })).toThrow(
      invalid(/expected reboot\.cpio\.Z/),
    )
  })
})
