// Generated install profiles that are right: every keyword with its words, legal for its type and its root.
import fc from 'fast-check'
import type { InstallProfile, InstallProfileLine } from '#core/jumpstart/install-profile/profile.ts'

const number = fc.integer({ min: 1, max: 999_999 }).map(String)
const disk = fc.tuple(fc.nat(9), fc.nat(15), fc.nat(3)).map(([c, t, d]) => `c${c}t${t}d${d}`)
const slice = fc.tuple(disk, fc.nat(7)).map(([name, index]) => `${name}s${index}`)
const path = fc.stringMatching(/^\/[a-z0-9_.$/-]{1,12}$/)
const server = fc.constantFrom('js1', '192.0.2.10', 'js1.example.com')
const serverPort = fc.constantFrom('js1', '192.0.2.10:8080')
const action = fc.constantFrom('', 'add', 'delete')
const http = fc.constantFrom('', 'timeout 5', 'proxy 192.0.2.1:3128 timeout 0', 'auth basic me secret')

const words = (...parts: readonly (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string[]> =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((texts) =>
    texts
      .join(' ')
      .split(' ')
      .filter((word) => word !== ''),
  )

const archive = fc.oneof(
  words(
    'nfs',
    fc.tuple(server, path).map(([host, file]) => `${host}:${file}`),
    fc.constantFrom('', 'retry 3'),
  ),
  words(fc.tuple(server, path).map(([host, file]) => `nfs://${host}${file}`)),
  words('http', serverPort, path, http),
  words(
    fc.tuple(serverPort, path).map(([host, file]) => `http://${host}${file}`),
    http,
  ),
  words(
    'ftp',
    serverPort.map((host) => `me:secret@${host}`),
    path,
  ),
  words('local_tape', '/dev/rmt/0n', fc.constantFrom('', '2')),
  words('local_device', 'c0t6d0s0', path, fc.constantFrom('', 'ufs', 'hsfs')),
  words('local_file', path),
)
const cluster = words(fc.constantFrom('SUNWCacc', 'SUNWCmail'), action)
const group = words(fc.constantFrom('SUNWCreq', 'SUNWCXall'))
const pkg = fc.oneof(
  words('SUNWman', action),
  words(
    'SUNWxyz',
    'add',
    'nfs',
    fc.tuple(server, path).map(([host, file]) => `${host}:${file}`),
  ),
)
const localFilesys = words(
  fc.oneof(slice, fc.constantFrom('any', 'rootdisk.s0')),
  fc.oneof(number, fc.constantFrom('existing', 'auto', 'all', 'free', '0:100')),
  fc.constantFrom('swap', 'unnamed', ''),
)
const remoteFilesys = (count: number) =>
  words('js1:/export', '-', `/home/${count}`, fc.constantFrom('', 'ro,bg'))
const pool = words(
  'rpool',
  fc.oneof(number, fc.constantFrom('auto', 'existing', '20g')),
  fc.oneof(number, fc.constant('auto')),
  fc.oneof(number, fc.constant('auto')),
  fc.oneof(slice, fc.constantFrom('any', 'mirror any any', 'mirror c0t0d0s0 c0t1d0s0')),
)

type Lines = fc.Arbitrary<InstallProfileLine[]>
const line = (keyword: string, of: fc.Arbitrary<string[]>): fc.Arbitrary<InstallProfileLine> =>
  of.map((texts) => ({ line: 0, keyword, words: texts }))
const once = (keyword: string, of: fc.Arbitrary<string[]>): Lines =>
  fc.array(line(keyword, of), { maxLength: 1 })
const often = (keyword: string, of: fc.Arbitrary<string[]>): Lines =>
  fc.array(line(keyword, of), { maxLength: 3 })
const first = (type: string): Lines => fc.constant([{ line: 0, keyword: 'install_type', words: [type] }])
const profileOf = (...parts: Lines[]): fc.Arbitrary<InstallProfile> =>
  fc.tuple(...parts).map((lines) => lines.flat())

const common = [
  often('geo', words(fc.constantFrom('N_Europe', 'Asia'))),
  often('locale', words(fc.constantFrom('C', 'en_US.UTF-8'))),
  often('package', pkg),
  often('cluster', cluster),
]
const fdisk = often(
  'fdisk',
  words(
    fc.oneof(disk, fc.constantFrom('rootdisk', 'all')),
    fc.constantFrom('solaris', 'dosprimary', '108', '0xBF'),
    fc.oneof(number, fc.constantFrom('all', 'maxfree', 'delete')),
  ),
)
const local = [
  fdisk,
  often('metadb', words(slice, fc.constantFrom('', 'size 8192', 'count 3', 'size 8192 count 3'))),
  often('filesys', localFilesys),
]
const partitioning = once('partitioning', words(fc.constantFrom('default', 'explicit')))
const bootDevice = once(
  'boot_device',
  words(fc.oneof(slice, fc.constantFrom('any', 'existing')), fc.constantFrom('preserve', 'update')),
)
const remote = once('filesys', remoteFilesys(1))
const archives = fc.array(line('archive_location', archive), { minLength: 1, maxLength: 3 })

export const anyInstallProfile = fc.oneof(
  profileOf(
    first('initial_install'),
    once('cluster', group),
    ...common,
    ...local,
    partitioning,
    remote,
    bootDevice,
    once('root_device', words(slice)),
    often('patch', words('119254-01,121118-05')),
    once('usedisk', words(disk)),
    once('system_type', words('standalone')),
  ),
  profileOf(
    first('initial_install'),
    fc.constant([{ line: 0, keyword: 'system_type', words: ['server'] }]),
    once('num_clients', words('5')),
    once('client_swap', words(number)),
    once('client_root', words(number)),
    often('client_arch', words('sun4u')),
  ),
  profileOf(
    first('initial_install'),
    once('cluster', group),
    ...common,
    fdisk,
    pool.map((texts) => [{ line: 0, keyword: 'pool', words: texts }]),
    once('bootenv', words('installbe', 'bename', 's10base', fc.constantFrom('', 'dataset /var'))),
    bootDevice,
    remote,
    often('dontuse', words(disk)),
  ),
  profileOf(
    first('upgrade'),
    ...common,
    once('backup_media', words('local_filesystem', path)),
    once('root_device', words(slice)),
    often(
      'layout_constraint',
      words(slice, fc.constantFrom('changeable 100', 'movable', 'available', 'collapse')),
    ),
  ),
  profileOf(
    first('flash_install'),
    archives,
    ...local,
    partitioning,
    once('local_customization', words(path)),
    once('usedisk', words(disk)),
  ),
  profileOf(
    first('flash_update'),
    archives,
    once('no_master_check', fc.constant([])),
    once('forced_deployment', fc.constant([])),
    once('no_content_check', fc.constant([])),
    once('local_customization', words(path)),
  ),
)

const blanks = fc.stringMatching(/^[ \t]{1,3}$/)

/** As somebody could have written it: any case, blanks and comments. */
export const anyInstallProfileText = anyInstallProfile.chain((profile) =>
  fc
    .tuple(
      ...profile.map((one) =>
        fc
          .tuple(
            fc.constantFrom('', '\n', '# note\n', '  '),
            blanks,
            fc.constantFrom('', ' # note', '\t'),
            fc.boolean(),
          )
          .map(
            ([before, blank, after, isUpper]) =>
              `${before}${[isUpper ? one.keyword.toUpperCase() : one.keyword, ...one.words].join(blank)}${after}\n`,
          ),
      ),
    )
    .map((lines) => ({ profile, text: lines.join('') })),
)
