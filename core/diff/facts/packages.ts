// Packages of dpkg (its status file) and of SVR4 (a pkginfo each); of IPS, rpm and apk only that there are some.
import type { FactSource } from '../facts.ts'

const utf8 = new TextDecoder()

/** Debian's status file has about 1 KiB a package. */
const STATUS_BYTES = 32 * 1024 * 1024

export const dpkgPackages: FactSource = {
  reads: ({ path }) =>
    path === 'var/lib/dpkg/status' || /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path) ? STATUS_BYTES : 0,
  contents(_path, contents, facts) {
    for (const paragraph of utf8.decode(contents).split(/\n\n+/)) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1]?.trim()
      const [name, version, status, arch] = [
        field('Package'),
        field('Version'),
        field('Status') ?? 'install ok installed',
        field('Architecture'),
      ]
      if (!name || !version || status.endsWith(' not-installed') || status.endsWith(' config-files')) continue
      const foreign = arch !== undefined && facts.of('package').has(name) ? `:${arch}` : ''
      const state = status.endsWith(' installed') ? '' : ` (${status})`
      facts.set('package', `${name}${foreign}`, { text: `${version}${state}` })
    }
  },
}

/** Where the package systems that are not read keep what they have installed. */
const unlistedDatabases: readonly [name: string, path: RegExp][] = [
  ['IPS', /^var\/pkg\/(pkg5\.image|cfg_cache)$/],
  ['rpm', /^(var\/lib|usr\/lib\/sysimage)\/rpm\/(Packages|Packages\.db|rpmdb\.sqlite)$/],
  ['apk', /^(usr\/)?lib\/apk\/db\/installed$/],
]

export const unlistedPackages: FactSource = {
  entry({ path }, facts) {
    for (const [name, database] of unlistedDatabases) if (database.test(path)) facts.unlisted.add(name)
  },
}

export const svr4Packages: FactSource = {
  reads: ({ path }) => (/^var\/sadm\/pkg\/[^/]+\/pkginfo$/.test(path) ? 256 * 1024 : 0),
  contents(path, contents, facts) {
    const text = utf8.decode(contents)
    const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.replace(/^"(.*)"$/, '$1')
    const patches = value('PATCHLIST')?.trim().split(/\s+/).filter(Boolean) ?? []
    const patched = patches.length === 0 ? '' : `, patches ${patches.toSorted().join(' ')}`
    facts.set('package', path.split('/')[3] ?? path, {
      text: `${value('VERSION') ?? 'no version'}${patched}`,
    })
  },
}
