// The shipped recipes for Solaris 10, built for real on a sandbox host: each zone as the articles have it, proven from its packaged
// bytes. Those for Debian are built by demo.test.ts.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { FileRecipeShelf } from '#adapters/recipes/file-recipe-shelf.ts'
import { shippedTemplates } from '#adapters/recipes/shipped-templates.ts'
import type { LoadedRecipe } from '#app/ports/recipes.ts'
import type { Build } from '#core/build/build.ts'
import { Host } from '#core/host.ts'
import { artifactExtension, type Manifest } from '#core/manifest.ts'
import type { Recipe } from '#core/recipe/schema.ts'
import { makeWebminPkg } from '#test/fixtures/webmin-packages.ts'
import { makeBuild, openDriver, type Driver } from './build-driver.ts'
import { createTestHost, sandboxLack, type TestHost } from './sandbox-fixture.ts'

const shelf = new FileRecipeShelf(shippedTemplates)
const cache = process.env['ZONEFLASH_CACHE'] ?? path.join(homedir(), '.cache/zoneflash')

interface Site {
  box: TestHost
  driver: Driver
  /** builds a shipped recipe; its origin must have been built here */
  build: (name: string) => Promise<{ build: Build; manifest: Manifest }>
  /** the file of a golden zone */
  file: (build: Build, name: string) => Promise<string>
  close: () => Promise<void>
}

/** `formats`: instead of the recipes' own, where packing takes long. */
async function openSite(release: string, formats?: Recipe['formats']): Promise<Site> {
  const box = await createTestHost(`recipes-${release}-${process.pid}`, ['--release', release])
  vi.stubEnv('SANDBOX_DIR', box.directory)
  const host = Host.parse({ name: 'builder', transport: `sandbox:${box.name}`, release, builds: {} })
  const driver = await openDriver(host, 60_000, cache)
  const built = new Map<string, Manifest>()
  const originOf = ({ recipe: { origin } }: LoadedRecipe) => {
    const template = origin?.split('@')[0] ?? ''
    const manifest = built.get(template)
    const sha256 = manifest?.artifacts[0]?.sha256
    return manifest && sha256 ? { origin: { template, version: manifest.version, sha256 } } : {}
  }
  return {
    box,
    driver,
    build: async (name) => {
      const loaded = await shelf.load(name)
      const recipe = { ...loaded, recipe: { ...loaded.recipe, ...(formats && { formats }) } }
      const build = makeBuild(recipe, host, originOf(recipe))
      const manifest = await driver.run(build, recipe)
      if (!manifest) throw new Error(`${name} was built and has no version`)
      built.set(name, manifest)
      return { build, manifest }
    },
    file: (build, name) => box.must(['cat', `/zones/${build.zone}/root/${name}`]),
    close: async () => {
      await driver.close()
      await box.destroy()
      vi.unstubAllEnvs()
    },
  }
}

/** The bytes that stand for a package which an administrator gives. */
async function packageBytes(make: (file: string) => void): Promise<Buffer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-package-'))
  try {
    make(path.join(directory, 'package'))
    return await readFile(path.join(directory, 'package'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

describe.skipIf(sandboxLack)('the recipes for Solaris 10', { timeout: 600_000 }, () => {
  let site: Site
  beforeAll(async () => {
    site = await openSite('s10u8')
  }, 120_000)
  afterAll(() => site?.close())
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(site.driver.log.join('\n'))
    site.driver.log.length = 0
  })

  test('default-s10 is a sparse root that inherits /opt', async () => {
    const { manifest } = await site.build('default-s10')
    expect(manifest).toMatchObject({ brand: 'native', osFamily: 'solaris10', madeBy: 'build' })
    expect(manifest.zonecfg).toContain('add inherit-pkg-dir\nset dir="/opt"\nend\n')
    expect(manifest.artifacts.map(artifactExtension)).toEqual(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs'])
  })

  test('mysql-s10 has user, group, owners, settings and a service with both authorisations', async () => {
    const { build, manifest } = await site.build('mysql-s10')
    expect(manifest.origin?.template).toBe('default-s10')
    expect(await site.file(build, 'etc/group')).toMatch(/^mysql:/m)
    expect(await site.file(build, 'etc/passwd')).toMatch(/^mysql:x:\d+:\d+::\/var\/mysql:\/bin\/false$/m)
    const root = `/zones/${build.zone}/root`
    const gid = /^mysql:[^:]*:(\d+):/m.exec(await site.file(build, 'etc/group'))?.[1]
    const state = await site.box.must([
      'stat',
      '-c',
      '%a %g',
      `${root}/var/mysql`,
      `${root}/var/mysql/my.cnf`,
    ])
    expect(state).toBe(`770 ${gid}\n660 ${gid}\n`)
    expect(await site.file(build, 'var/mysql/my.cnf')).toContain('max_connections = 100')
    expect(await site.file(build, 'var/sadm/install/contents')).toContain(
      '/var/mysql d none 770 root mysql SUNWmysqlr\n',
    )
    expect(await site.file(build, 'etc/security/auth_attr')).toMatch(
      /^solaris\.smf\.manage\.mysql:.*\nsolaris\.smf\.value\.mysql:/m,
    )
    expect(await site.file(build, 'var/svc/manifest/application/mysql.xml')).toContain('action_authorization')
    expect(await site.file(build, 'etc/svc/sandbox-services')).toContain(
      'enabled svc:/application/mysql:default\n',
    )
  })

  test('web-s10 has its configuration and apache2 enabled', async () => {
    const { build } = await site.build('web-s10')
    expect(await site.file(build, 'etc/apache2/httpd.conf')).toBe(
      await site.file(build, 'etc/apache2/httpd.conf-example'),
    )
    expect(await site.file(build, 'var/apache2/htdocs/index.html')).toContain('a zone in a flash')
    expect(await site.file(build, 'etc/svc/sandbox-services')).toContain(
      'enabled svc:/network/http:apache2\n',
    )
  })

  test('webmin-s10 says what is missing: its package, then the link of the global zone', async () => {
    await expect(site.build('webmin-s10')).rejects.toThrow(/webmin\.pkg/)
    site.driver.media.set('webmin.pkg', await packageBytes(makeWebminPkg))
    await expect(site.build('webmin-s10')).rejects.toThrow('customize in zone webmin-s10')
    expect(site.driver.log.join('\n')).toContain(
      'expected in the global zone: ln -s ../local-pkgs/webmin /opt/webmin',
    )
  })

  test('webmin-s10 has Webmin’s own package through the link, and nothing of Solaris’ own', async () => {
    await site.box.must(['ln', '-s', '../local-pkgs/webmin', '/opt/webmin'])
    const { build } = await site.build('webmin-s10')
    const root = `/zones/${build.zone}/root`
    expect(await site.box.must(['ls', `${root}/local-pkgs/webmin`])).toBe('latest\nminiserv.pl\n')
    const packages = await site.box.must(['ls', `${root}/var/sadm/pkg`])
    expect(packages).toContain('WSwebmin\n')
    expect(packages).not.toContain('SUNWwebmin')
    expect(site.driver.log.join('\n')).toContain('Removal of <SUNWwebminu> partially failed.')
    expect((await site.box.run(['ls', `${root}/etc/webmin/miniserv.conf`])).status).not.toBe(0)
  })
})
