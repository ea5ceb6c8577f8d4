// The recipes in templates/: what the articles build, on Debian and on Solaris.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { listRecipes } from '#app/list-recipes.ts'
import { FileRecipeShelf } from '#adapters/recipes/file-recipe-shelf.ts'
import { shippedTemplates } from '#adapters/recipes/shipped-templates.ts'
import type { RecipeSummary } from '#core/recipe/summary.ts'
import { readManifest } from '#sandbox/smf/read-manifest.ts'
import { complaints } from '#test/finish-scripts/bourne-lint.ts'

const shelf = new FileRecipeShelf(shippedTemplates)
const inFolder = (pattern: string) => globSync(pattern, { cwd: shippedTemplates }).toSorted()
const read = (file: string) => readFileSync(path.join(shippedTemplates, file), 'utf8')
const applications = ['mysql', 'web', 'webmin']
let recipes: RecipeSummary[]

beforeAll(async () => {
  recipes = await listRecipes({ recipes: shelf })
})

test('they are eight, and nothing is wrong with any of them', () => {
  expect(recipes.map(({ name }) => name)).toEqual(
    ['default', ...applications].flatMap((name) => [name, `${name}-s10`]),
  )
  expect(recipes.flatMap(({ problems }) => problems)).toEqual([])
})

test('default is what the other three are cloned from, in both forms', () => {
  const childrenOf = (name: string) => recipes.find((recipe) => recipe.name === name)?.children
  expect(childrenOf('default')).toEqual(applications)
  expect(childrenOf('default-s10')).toEqual(applications.map((name) => `${name}-s10`))
})

test('the Solaris form shares smoke check and retention with the Debian one, and has cpio beside its formats', async () => {
  for (const name of ['default', ...applications]) {
    const [debian, solaris] = await Promise.all([shelf.load(name), shelf.load(`${name}-s10`)])
    const smoke = ({ files }: typeof debian) => files.find((file) => file.path === 'smoke.sh')
    expect(smoke(solaris)).toEqual(smoke(debian))
    expect(solaris.recipe).toMatchObject({
      brand: 'native',
      osFamily: 'solaris10',
      retention: debian.recipe.retention,
    })
    expect(new Set(solaris.recipe.formats)).toEqual(new Set([...debian.recipe.formats, 'cpio.gz']))
    expect(solaris.recipe).not.toHaveProperty('osRelease')
  }
})

test('the zone of default-s10 is a sparse root with /opt inherited, and names its NFS domain', async () => {
  const { recipe } = await shelf.load('default-s10')
  expect(recipe.zonecfg).toBe('add inherit-pkg-dir\nset dir=/opt\nend\n')
  expect(recipe.source).toEqual({ install: [] })
  expect(recipe.sysidcfg.nfs4Domain).toBe('dynamic')
})

test('webmin asks for its package by name and says where it comes from', async () => {
  for (const [name, file] of [
    ['webmin', 'webmin.deb'],
    ['webmin-s10', 'webmin.pkg'],
  ] as const) {
    const { recipe } = await shelf.load(name)
    const medium = recipe.media.find((each) => each.name === file)
    expect(medium?.make).toBeUndefined()
    expect(medium?.what).toContain('https://webmin.com/download/')
  }
})

describe('scripts', () => {
  const forSolaris = [
    ...inFolder('*-s10/*.sh'),
    'mysql-s10/method-mysql',
    'webmin/files/etc/init.d/webmin-key',
    ...['default', ...applications].map((name) => `${name}/smoke.sh`),
  ]

  test.each(forSolaris)('%s is written for the Bourne shell of Solaris 10', (file) => {
    expect(complaints(read(file))).toEqual([])
  })

  test('shellcheck has nothing to say', (context) => {
    const files = [...new Set([...inFolder('*/*.sh'), ...forSolaris])].map((file) => `templates/${file}`)
    const { status, stdout, error } = spawnSync('shellcheck', ['-x', ...files], {
      cwd: path.dirname(shippedTemplates),
      encoding: 'utf8',
    })
    if (error) return context.skip('needs shellcheck')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })
})

describe('the SMF manifest of mysql-s10', () => {
  const manifest = read('mysql-s10/mysql.xml')

  test('is well formed and declares one instance, disabled', () => {
    expect(readManifest(manifest)).toEqual([{ fmri: 'svc:/application/mysql:default', enabled: false }])
  })

  test('has its elements in the order of the document type', () => {
    // service_bundle.dtd.1: service
    const order =
      'create_default_instance single_instance restarter dependency dependent method_context exec_method property_group instance stability template'.split(
        ' ',
      )
    const inService = [...manifest.matchAll(/^ {4}<([a-z_]+)/gm)].map(([, tag = '']) => order.indexOf(tag))
    expect(inService).not.toContain(-1)
    expect(inService).toEqual(inService.toSorted((a, b) => a - b))
  })

  test('names who may act on the service and who may change its values, and the zone learns of both', () => {
    const authorisation = (name: string) =>
      new RegExp(`<propval name="${name}" type="astring" value="([^"]+)"/>`).exec(manifest)?.[1]
    const customize = read('mysql-s10/customize.sh')
    for (const name of ['action_authorization', 'value_authorization']) {
      expect(authorisation(name)).toMatch(/^solaris\.smf\./)
      expect(customize).toContain(`${authorisation(name)}:::`)
    }
  })
})

test.each([
  ['<a><b></a></b>', "couldn't parse document: line 1"],
  ['<service_bundle type="manifest">\n<service name="x">\n', "couldn't parse document: line 3"],
  ['<service_bundle type="profile"/>', 'the document is not a manifest'],
])('the sandbox’s reader of manifests refuses %j', (text, message) => {
  expect(() => readManifest(text)).toThrow(message)
})
