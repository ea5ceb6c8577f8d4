import { expect, test } from 'vitest'
import { chooseForm } from '#cli/choose-form.ts'
import type { Artifact } from '#core/manifest.ts'

const artifact = (format: Artifact['format'], digit: string, zplVersion?: number): Artifact => ({
  format,
  compression: 'none',
  sha256: digit.repeat(64),
  sha1: digit.repeat(40),
  size: 1,
  uncompressedSize: 1,
  ...(zplVersion !== undefined && {
    zfs: { zplVersion, features: [], pool: 15, isPackage: false, byteOrder: 'little', notices: [] },
  }),
})
const [tar, zpl4, zpl5] = [artifact('tar', 'a'), artifact('zfs', 'b', 4), artifact('zfs', 'c', 5)]
const manifest = { artifacts: [tar, zpl4, zpl5] }

test('a form is chosen by its name, the first there is without one', () => {
  expect(chooseForm(manifest, undefined)).toEqual({ artifact: tar, notice: undefined })
  expect(chooseForm(manifest, 'tar')).toEqual({ artifact: tar, notice: undefined })
})

test('of several of one form it is the first, which is said, and others by their digest', () => {
  const { artifact: chosen, notice } = chooseForm(manifest, 'zfs')
  expect(chosen).toBe(zpl4)
  expect(notice).toBe(
    `there are 2 of this form; this is zfs (ZPL 4) ${zpl4.sha256}, --form SHA256 gives zfs (ZPL 5) ${zpl5.sha256}`,
  )
  expect(chooseForm(manifest, zpl5.sha256)).toEqual({ artifact: zpl5, notice: undefined })
  expect(chooseForm(manifest, 'cccccccc')).toEqual({ artifact: zpl5, notice: undefined })
})

test('a form that is not there is refused with what is', () => {
  for (const form of ['cpio', 'ccccccc', 'd'.repeat(64)])
    expect(() => chooseForm(manifest, form)).toThrow(
      `there is no form ${form}, expected one of tar, zfs (ZPL 4), zfs (ZPL 5), or the sha256 of one`,
    )
})
