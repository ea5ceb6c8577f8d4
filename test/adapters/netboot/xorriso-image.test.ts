import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { makeImage } from '#adapters/netboot/xorriso-image.ts'

const lacksXorriso = spawnSync('xorriso', ['-version']).error !== undefined

test.skipIf(lacksXorriso)(
  'all is of root and for everybody to read, whoever the server runs as',
  async () => {
    const scratch = await mkdtemp(path.join(tmpdir(), 'zoneflash-image-'))
    const umask = process.umask(0o077)
    try {
      const image = await makeImage(
        { 'wanboot.conf': 'x\n', 'etc/hosts': 'y\n' },
        new Date('2026-11-20T11:00:00Z'),
      )
      const file = path.join(scratch, 'image')
      await writeFile(file, image)
      const listed = execFileSync('xorriso', ['-indev', file, '-find', '/', '-exec', 'lsdl', '--'], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      const lines = listed
        .trim()
        .split('\n')
        .map((line) => /^(\S{10})\s+\d+ (\S+)\s+(\S+) .*'(.*)'$/.exec(line)?.slice(1).join(' '))
      expect(lines.toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
        '-r--r--r-- 0 0 /etc/hosts',
        '-r--r--r-- 0 0 /wanboot.conf',
        'dr-xr-xr-x 0 0 /',
        'dr-xr-xr-x 0 0 /etc',
      ])
    } finally {
      process.umask(umask)
      await rm(scratch, { recursive: true })
    }
  },
)

test.skipIf(lacksXorriso)(
  'who asks for many at once gets as many as may wait, and later ones again',
  async () => {
    const one = () => makeImage({ nonce: '0' }, new Date('2026-11-20T11:00:00Z'))
    const asked = await Promise.allSettled(Array.from({ length: 20 }, one))
    expect(asked.map(({ status }) => status)).toEqual([
      ...Array<string>(17).fill('fulfilled'),
      ...Array<string>(3).fill('rejected'),
    ])
    expect(asked.at(-1)).toMatchObject({ reason: { code: 'TooManyImages' } })
    expect((await one()).length).toBeGreaterThan(0)
  },
)
