import { expect, test } from 'vitest'
import { FlashSettings, placeFlashArchive, renderFlashProfile } from '#core/jumpstart/flash-profile.ts'
import { hasErrors } from '#core/problem.ts'
import { checkInstallProfile } from '#core/jumpstart/install-profile/check.ts'

const place = { baseUrl: 'http://192.0.2.1:7071', token: 'zi_0123456789abcdef' }
const profile = (settings: object) =>
  renderFlashProfile({
    host: 'h1',
    urlPath: '/flash/s10/stable.flar',
    settings: FlashSettings.parse(settings),
    pool: 'rpool',
  })

test.each([
  ['ufs', {}],
  ['ufs-disk', { disks: ['c0t0d0'], size: 8192, swap: 512, timeout: 0 }],
  ['zfs', { root: 'zfs' }],
  ['zfs-mirror', { root: 'zfs', disks: ['c0t0d0', 'c0t1d0'] }],
])('%s: the profile is as an installer takes it, before and after it is placed', async (name, settings) => {
  const text = profile(settings)
  const placed = placeFlashArchive(text, place)
  for (const one of [text, placed]) expect(hasErrors(checkInstallProfile(one).problems), one).toBe(false)
  await expect(placed).toMatchFileSnapshot(`../../fixtures/golden/jumpstart/flash-profile-${name}.txt`)
})

test('the token is in the path, below what the server has in front of it', () => {
  const placed = placeFlashArchive(profile({}), { ...place, baseUrl: 'https://install.example.com/zf/' })
  expect(placed).toContain(
    `archive_location https install.example.com /zf/js/h1/${place.token}/flash/s10/stable.flar timeout 5\n`,
  )
  expect(profile({})).not.toContain('zi_')
})

test('a profile that names another place stays as it is', () => {
  const text = 'install_type flash_install\narchive_location http 192.0.2.9 /INSTALL-TOKEN/a.flar\n'
  expect(placeFlashArchive(text, place)).toBe(text)
})

test.each([
  ['two disks of UFS', { disks: ['c0t0d0', 'c0t1d0'] }, /expected one with a root of UFS/],
  ['one disk twice', { root: 'zfs', disks: ['c0t0d0', 'c0t0d0'] }, /same disk/],
  ['a slice', { disks: ['c0t0d0s0'] }, /a disk as/],
  ['a line in a disk', { disks: ['c0t0d0\nfilesys'] }, /a disk as/],
  ['a size beside ZFS', { root: 'zfs', size: 4096 }, /root of UFS/],
  ['no swap', { swap: 0 }, /64/],
])('%s is refused', (_what, settings, said) => {
  expect(FlashSettings.safeParse(settings).error?.message).toMatch(said)
})
