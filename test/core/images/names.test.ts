import fc from 'fast-check'
import { expect, test } from 'vitest'
import { templateNameOf, versionNameOf } from '#core/images/names.ts'
import { digestPrefixOf, imageUuid, Uuid } from '#core/images/uuid.ts'
import { TemplateName, VersionName } from '#core/names.ts'

test.each([
  ['web', 'web'],
  ['My Web/base', 'my-web-base'],
  ['--a__b..c--', 'a-b-c'],
  [`${'x'.repeat(47)}/y`, 'x'.repeat(47)],
  ['/ .-_', undefined],
])('an image called %s belongs to the template %s', (name, template) => {
  expect(templateNameOf(name)).toBe(template)
})

test.each([
  ['1.0', '1.0'],
  ['1.0+git/3', '1.0-git-3'],
  ['v1.0', '0-v1.0'],
  ['.5', '0-.5'],
  ['1'.repeat(64), '1'.repeat(64)],
  ['1'.repeat(65), `${'1'.repeat(47)}-adb2c38dad204ebc`],
])('its version %s is %s', (version, name) => {
  expect(versionNameOf(version)).toBe(name)
})

test('what is mapped is a name, and stays as it is when mapped again', () => {
  const text = fc.stringMatching(/^[A-Za-z0-9._/ +-]{1,100}$/)
  fc.assert(
    fc.property(text, (said) => {
      const [template, version] = [templateNameOf(said), versionNameOf(said)]
      return (
        (template === undefined ||
          (TemplateName.safeParse(template).success && templateNameOf(template) === template)) &&
        VersionName.safeParse(version).success &&
        versionNameOf(version) === version
      )
    }),
  )
})

test('versions that are too long stay apart', () => {
  const long = 'x'.repeat(200)
  const names = new Set(['', '1', '2', '+', '/'].map((end) => versionNameOf(`${long}${end}`)))
  expect(names.size).toBe(5)
})

test('a uuid is made of the digest alone, is of version 8, and leads back to it', () => {
  const digests = fc.stringMatching(/^[0-9a-f]{64}$/)
  fc.assert(
    fc.property(digests, (sha256) => {
      const uuid = imageUuid(sha256)
      expect(Uuid.safeParse(uuid).success).toBe(true)
      expect(uuid).toMatch(/^.{14}8.{4}[89ab]/)
      expect(sha256.startsWith(digestPrefixOf(uuid))).toBe(true)
    }),
  )
  expect(imageUuid('0123456789abcdef'.repeat(4))).toBe('01234567-89ab-8def-8123-456789abcdef')
})
