import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkInstallProfile } from '#core/jumpstart/install-profile/check.ts'
import { findProfileKeyword, profileKeywordNames } from '#core/jumpstart/install-profile/keywords.ts'
import {
  looksLikeInstallProfile,
  parseInstallProfile,
  printInstallProfile,
} from '#core/jumpstart/install-profile/parse.ts'
import { installTypes, type InstallProfile } from '#core/jumpstart/install-profile/profile.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { anyInstallProfileText } from './any-profile.ts'

const withoutLines = (profile: InstallProfile) => profile.map((line) => ({ ...line, line: 0 }))
const told = (text: string) => checkInstallProfile(text).problems.map(renderJumpStartProblem)
const errorsOf = (text: string) => told(text).filter((line) => !line.includes(' warning: '))

describe('read, printed and read again, an install profile is the same', () => {
  test('whatever is generated, in any case, with blanks and comments; and it is legal', () => {
    fc.assert(
      fc.property(anyInstallProfileText, ({ profile, text }) => {
        expect(errorsOf(text)).toEqual([])
        const first = parseInstallProfile(text)
        expect(withoutLines(first.profile)).toEqual(profile)
        const printed = printInstallProfile(first.profile)
        const second = parseInstallProfile(printed)
        expect(withoutLines(second.profile)).toEqual(profile)
        expect(printInstallProfile(second.profile)).toBe(printed)
      }),
      { numRuns: 300 },
    )
  })

  test('whatever is not legal at all', () => {
    const junk = fc.array(
      fc.constantFrom('pool', 'any', '#', '\n', '\t', ' ', 'install_type', '\\', "'", ':', '/x'),
    )
    fc.assert(
      fc.property(junk, (parts) => {
        const { profile } = parseInstallProfile(parts.join(' '))
        const again = parseInstallProfile(printInstallProfile(profile)).profile
        expect(withoutLines(again)).toEqual(withoutLines(profile))
      }),
    )
  })

  test('printed keywords stand below each other', async () => {
    const { profile } = parseInstallProfile(
      'INSTALL_TYPE flash_install # base\narchive_location http 192.0.2.10:8080   /flar/$HOST.flar timeout 5\n\npartitioning explicit\nfilesys rootdisk.s0 free /\n',
    )
    await expect(printInstallProfile(profile)).toMatchFileSnapshot(
      '../../fixtures/golden/jumpstart/install-profile',
    )
  })
})

describe('which keyword is legal with which install type and root', () => {
  /** A line of each keyword that is right by itself. */
  const lineOf: Record<string, string> = {
    install_type: '',
    archive_location: 'archive_location local_file /a',
    backup_media: 'backup_media local_tape /dev/rmt/0',
    boot_device: 'boot_device c0t0d0s0 preserve',
    bootenv: 'bootenv installbe bename a',
    client_arch: 'client_arch sun4u',
    client_root: 'client_root 100',
    client_swap: 'client_swap 100',
    cluster: 'cluster SUNWCacc add',
    dontuse: 'dontuse c0t0d0',
    fdisk: 'fdisk rootdisk solaris all',
    filesys: 'filesys c0t0d0s0 auto /',
    forced_deployment: 'forced_deployment',
    geo: 'geo Asia',
    layout_constraint: 'layout_constraint c0t0d0s0 movable',
    local_customization: 'local_customization /a',
    locale: 'locale C',
    metadb: 'metadb c0t0d0s7',
    no_content_check: 'no_content_check',
    no_master_check: 'no_master_check',
    num_clients: 'num_clients 1',
    package: 'package SUNWman',
    partitioning: 'partitioning explicit',
    patch: 'patch 119254-01',
    pool: 'pool rpool auto auto auto any',
    root_device: 'root_device c0t0d0s0',
    system_type: 'system_type standalone',
    usedisk: 'usedisk c0t0d0',
  }

  test('the whole matrix', async () => {
    expect(Object.keys(lineOf)).toEqual(profileKeywordNames)
    const legal = (text: string) => !errorsOf(text).some((line) => line.includes('is not legal'))
    const warned = (text: string) => told(text).some((line) => / warning: \S+ stands beside pool/.test(line))
    const rows = profileKeywordNames.map((name) => {
      const types = installTypes.map((type) => (legal(`install_type ${type}\n${lineOf[name]}\n`) ? 'x' : '.'))
      const zfs = (type: string) => {
        const text = `install_type ${type}\npool rpool auto auto auto any\n${name === 'pool' ? '' : lineOf[name]}\n`
        return legal(text) ? (warned(text) ? 'w' : 'x') : '.'
      }
      return `${name.padEnd(20)} ${types.join(' ')}   ${zfs('initial_install')} ${zfs('flash_install')}  ${findProfileKeyword(name)?.repeats ? 'many' : 'once'}\n`
    })
    const head = `${'I initial_install, U upgrade, F flash_install, D flash_update; with a pool: I, F\n\n'}${''.padEnd(20)} I U F D   I F\n`
    await expect(`${head}${rows.join('')}`).toMatchFileSnapshot(
      '../../fixtures/golden/jumpstart/profile-keywords',
    )
  })

  test('a pool and a type that makes none', () => {
    for (const type of ['upgrade', 'flash_update'])
      expect(
        errorsOf(
          `install_type ${type}\npool rpool auto auto auto any\narchive_location local_file /a\n`,
        ).join(),
      ).toContain(`pool is not legal with install_type ${type}, expected initial_install or flash_install`)
  })

  test('a ZFS root takes file systems of servers, not of slices', () => {
    const zfs = 'install_type initial_install\npool rpool auto auto auto any\n'
    expect(errorsOf(`${zfs}filesys js1:/export 192.0.2.1 /home\n`)).toEqual([])
    expect(errorsOf(`${zfs}filesys c0t0d0s3 auto /opt\n`)).toEqual([
      'profile:3: filesys of a slice or mirror is not legal with a ZFS root (pool), expected only those of a server',
    ])
  })

  test('file systems of servers are for initial_install', () => {
    const flash = 'install_type flash_install\narchive_location local_file /a\n'
    const remote = 'filesys js1:/export - /home ro\n'
    const told = 'filesys of a server is not legal with install_type flash_install, expected initial_install'
    expect(errorsOf(`${flash}${remote}`)).toEqual([`profile:3: ${told}`])
    expect(errorsOf(`${flash}pool rpool auto auto auto any\n${remote}`)).toEqual([`profile:4: ${told}`])
    expect(errorsOf(`install_type initial_install\n${remote}`)).toEqual([])
  })

  test('the profile of a 2008 article has system_type beside pool: a warning', () => {
    expect(
      told(
        'install_type    initial_install\ncluster         SUNWCreq\nsystem_type     standalone\npool            rpool auto auto auto mirror c0t0d0s0 c0t1d0s0\nbootenv         installbe bename s10u6_req\n',
      ),
    ).toEqual([
      'profile:3: warning: system_type stands beside pool, where the manual does not have it; it is ignored',
    ])
  })
})

test('words that are folded before they are compared may stand in capitals', () => {
  const initial = `INSTALL_TYPE INITIAL_INSTALL
partitioning EXPLICIT
system_type SERVER
num_clients 5
fdisk ROOTDISK SOLARIS MAXFREE
boot_device c0t0d0p1 update
cluster SUNWCreq
cluster SUNWCacc ADD
package SUNWman Delete
filesys Any AUTO Swap
filesys rootdisk.S0 FREE /
`
  expect(told(initial)).toEqual([])
  expect(
    told(
      'install_type UPGRADE\nbackup_media LOCAL_FILESYSTEM /a\nlayout_constraint c0t0d0s0 CHANGEABLE 100\nlayout_constraint c0t0d0s1 Movable\n',
    ),
  ).toEqual([])
  expect(
    errorsOf(
      'install_type initial_install\npartitioning EXISTING\nfilesys c0t0d0s0 AUTO / preserve\nfilesys any 5 SWAP ro\ngeo asia\n',
    ),
  ).toEqual([
    'profile:3: filesys: preserve goes with size auto, expected size existing',
    'profile:3: filesys: size is AUTO with partitioning existing, expected existing',
    'profile:4: filesys: mount options follow SWAP, which is not mounted, expected none',
    'profile:4: filesys: size is 5 with partitioning existing, expected existing',
    expect.stringMatching(/^profile:5: geo: geo is "asia"/),
  ])
})

const ufs = (lines: string) => errorsOf(`install_type initial_install\n${lines}\n`)
const flash = (lines: string) => errorsOf(`install_type flash_install\n${lines}\n`)

/** One complaint, or none. */
const asExpected = (pattern: RegExp | undefined): unknown[] =>
  pattern === undefined ? [] : [expect.stringMatching(pattern)]

describe('values', () => {
  test.for([
    ['filesys c0t0d0s0 auto /', undefined],
    ['filesys c0t0d0s0 existing /export preserve ro,logging', undefined],
    ['filesys any 512 swap', undefined],
    ['filesys c0t0d0s0', /^profile:2: filesys: the keyword has 1 word after it, expected 4: slice, size/],
    ['filesys sda 100 /', /slice is "sda", expected a slice as cXtYdZsN .* or rootdisk.sN or any$/],
    ['filesys c0t0d0s8 100 /', /slice is "c0t0d0s8", expected a slice/],
    ['filesys c0t0d0s0 10G /', /size is "10G", expected a number of MB or one of existing, auto, all, free/],
    ['filesys c0t0d0s0 0 /', /size is "0"/],
    [
      'filesys c0t0d0s0 auto opt',
      /mount point is "opt", expected a mount point that begins with \/ or one of swap/,
    ],
    ['filesys c0t0d0s0 auto /opt preserve', /preserve goes with size auto, expected size existing$/],
    ['filesys c0t0d0s0 100 /opt ro rw', /"rw" follows, expected the end of the line$/],
    ['filesys c0t0d0s1 100 swap ro', /mount options follow swap, which is not mounted, expected none$/],
    ['filesys mirror c0t0d0s0 c0t1d0s0 4096 /', undefined],
    ['filesys mirror:d127 c0t0d0s0 4096 /opt logging', undefined],
    [
      'filesys mirror:d128 c0t0d0s0 4096 /opt',
      /mirror is "mirror:d128", expected mirror or mirror:dN, N from 0 to 127$/,
    ],
    ['filesys mirror c0t0d0s0 c0t0d0s0 4096 /opt', /both slices are c0t0d0s0, expected two of them$/],
    ['filesys js1:/export - home', /mount point is "home", expected a mount point that begins with \/$/],
    ['filesys js1:/export x /home', /address is "x", expected - or an IP address$/],
    [
      'partitioning existing\nfilesys c0t0d0s0 100 /',
      /^profile:3: filesys: size is 100 with partitioning existing, expected existing$/,
    ],
    ['filesys c0t0d0s0 100 /a\nfilesys c0t0d0s3 100 /a', /^profile:3: filesys: \/a is mounted in line 2 too/],
    ['partitioning none', /partitioning is "none", expected one of default, existing, explicit$/],
    ['metadb c0t0d0s7 count 3 size 8192', undefined],
    ['metadb c0t0d0s7 count', /count has 0 words after it, expected 1: count$/],
    ['metadb c0t0d0s7 count 3 count 4', /count stands twice, expected it once$/],
    ['metadb c0t0d0s7 copies 3', /"copies" follows, expected one of size, count$/],
    ['fdisk c0t0d0 0xBF maxfree', undefined],
    [
      'fdisk rootdisk 256 all',
      /partition type is "256", expected solaris, dosprimary, a number from 1 to 255 or 0xHH$/,
    ],
    [
      'fdisk c0t0d0s0 solaris all',
      /disk is "c0t0d0s0", expected a disk as cXtYdZ or cXdZ or one of rootdisk, all$/,
    ],
    ['usedisk c0t0d0\ndontuse c0t1d0', /^profile:3: dontuse stands beside usedisk, expected one of the two$/],
    [
      `usedisk ${Array.from({ length: 33 }, (_, n) => `c${n}d0`).join(' ')}`,
      /usedisk names more than 32 disks/,
    ],
    [
      'cluster SUNWCreq\ncluster SUNWCall',
      /^profile:3: cluster: SUNWCall is the second software group, expected one$/,
    ],
    ['cluster SUNWCreq add', /"add" follows the software group SUNWCreq, expected the end of the line$/],
    ['cluster SUNWCacc remove', /what to do is "remove", expected one of add, delete$/],
    ['package SUNWman delete http://js1/x', /a source follows delete/],
    ['package SUNWman from js1', /"from" follows, expected add, delete or a source: http/],
    ['geo Europe', /geo is "Europe", expected one of N_Africa/],
    [
      'boot_device c0t0d0s0',
      /boot_device: the keyword has 1 word after it, expected 2: device, what becomes of the EEPROM$/,
    ],
    ['boot_device c0t0d0s0 keep', /what becomes of the EEPROM is "keep", expected one of preserve, update$/],
    ['num_clients 5', /^profile:2: num_clients is for servers, expected system_type server$/],
    ['patch 1', /patch is "1", expected patches such as/],
    ['bootenv installbe bename a', /bootenv: there is no pool, expected one/],
    [
      'install_type upgrade',
      /^profile:2: duplicate keyword install_type, it stands in line 1, expected it once$/,
    ],
    [
      'partitioning default\npartitioning explicit',
      /^profile:3: duplicate keyword partitioning, it stands in line 2/,
    ],
    ['root_device c0t0d0', /slice is "c0t0d0", expected a slice/],
    [
      'disk_layout x',
      /^profile:2: unknown keyword "disk_layout", expected one of install_type, archive_location/,
    ],
    ['package SUNWmän', /^profile:2: the character U\+00E4 stands in/],
  ] as const)('%s', ([lines, expected]) => {
    expect(ufs(lines)).toEqual(asExpected(expected))
  })

  test.for([
    ['nfs js1:/flar/a retry 5', undefined],
    ['nfs js1', /location is "js1", expected SERVER:\/path$/],
    ['nfs js1:/a retry', /retry has 0 words after it, expected 1: retry$/],
    ['nfs js1:/a timeout 5', /"timeout" follows, expected one of retry$/],
    ['http 192.0.2.10:8080 /flar/$HOST.flar timeout 5 proxy js2:3128 auth basic me secret', undefined],
    ['http://192.0.2.10/a.flar timeout 0', undefined],
    ['http://me:secret@192.0.2.10/a.flar', undefined],
    ['http 192.0.2.10:99999 /a', /server is "192.0.2.10:99999", expected a port from 1 to 65535$/],
    ['http 192.0.2.10', /http has 1 word after it, expected server and path$/],
    ['http 192.0.2.10 a', /path is "a", expected a path that begins with \/$/],
    ['http://192.0.2.10', /path is "", expected a path that begins with \/$/],
    ['http js1 /a auth digest me secret', /auth is "digest", expected basic$/],
    ['http js1 /a auth basic me', /auth has 2 words after it, expected 3: auth, user, password$/],
    ['ftp me:secret@js1 /a timeout 3', undefined],
    ['ftp me@js1 /a', /server is "me@js1", expected USER:PASSWORD@SERVER\[:PORT\]$/],
    ['local_tape /dev/rmt/0n 3', undefined],
    ['local_tape /dev/rmt/0n x', /position is "x", expected a whole number from 0 to 100000$/],
    ['local_device c0t6d0s0 /a hsfs', undefined],
    ['local_file a', /path is "a"/],
    ['local_file /a b', /"b" follows, expected the end of the line$/],
    ['gopher js1 /a', /the location is "gopher", expected a URL or one of nfs, http, https, ftp/],
    ['gopher://js1/a', /the location is "gopher:\/\/js1\/a", expected a URL or one of/],
  ] as const)('archive_location %s', ([words, expected]) => {
    expect(flash(`archive_location ${words}`)).toEqual(asExpected(expected))
  })

  test.for([
    ['rpool auto auto auto any', undefined],
    ['rpool existing 2g 2G mirror any any', undefined],
    ['rpool 20480 2048 auto mirror c0t0d0s0 c0t1d0s0 c0t2d0s0', undefined],
    ['rpool auto auto auto', /the keyword has 4 words after it, expected 5: pool, size/],
    ['mirror auto auto auto any', /pool is "mirror", expected the name of a pool/],
    [
      'rpool big auto auto any',
      /size is "big", expected a number of MB, or of GB with g or one of auto, existing$/,
    ],
    ['rpool auto existing auto any', /size of swap is "existing"/],
    [
      'rpool auto auto auto c0t0d0',
      /the device is the whole disk c0t0d0, expected a slice such as c0t0d0s0$/,
    ],
    ['rpool auto auto auto mirror c0t0d0 c0t1d0s0', /the device is the whole disk c0t0d0/],
    [
      'rpool auto auto auto raidz c0t0d0s0 c0t1d0s0',
      /the devices are "raidz", expected one slice or a mirror/,
    ],
    [
      'rpool auto auto auto c0t0d0s0 c0t1d0s0',
      /"c0t1d0s0" follows the slice, expected .* mirror before both$/,
    ],
    ['rpool auto auto auto mirror c0t0d0s0', /the mirror has 1 slice, expected at least 2$/],
    [
      'rpool auto auto auto mirror any c0t0d0s0',
      /the mirror is "any c0t0d0s0", expected slices, or any any$/,
    ],
    ['rpool auto auto auto mirror c0t0d0s0 c0t0d0s0', /expected each slice once$/],
  ] as const)('pool %s', ([words, expected]) => {
    expect(ufs(`pool ${words}`)).toEqual(asExpected(expected))
  })
})

test('the first keyword is install_type, in any case, and flash needs an archive', () => {
  expect(errorsOf('cluster SUNWCreq\ninstall_type initial_install\n')).toEqual([
    'profile:1: the first keyword is "cluster", expected install_type',
  ])
  expect(errorsOf('# nothing\n')).toEqual(['profile:1: there is no keyword, expected install_type'])
  expect(errorsOf('Install_Type Initial_Install\n')).toEqual([])
  expect(errorsOf('install_type new\n')).toEqual([
    expect.stringMatching(/^profile:1: install_type: install_type is "new", expected one of initial_install/),
  ])
  expect(errorsOf('install_type flash_update\n')).toEqual([
    'profile:1: install_type is flash_update and there is no archive_location, expected at least one',
  ])
})

test('an install profile is told from YAML by its first line', () => {
  expect(looksLikeInstallProfile('# a\n\n  INSTALL_TYPE initial_install\n')).toBe(true)
  expect(looksLikeInstallProfile('cluster SUNWCreq')).toBe(true)
  expect(looksLikeInstallProfile('# a\r\nno_master_check\r\n')).toBe(true)
  for (const misspelt of [
    'instal_type initial_install',
    'install-type upgrade # a: b',
    'install_type: upgrade',
  ])
    expect(looksLikeInstallProfile(`${misspelt}\ncluster SUNWCreq\n`), misspelt).toBe(true)
  for (const yaml of [
    'name: web\npackage: a\n',
    'package: a',
    '',
    '# only\n',
    'install_types',
    '--- # web\nname: web\n',
    '{ name: web }',
    '"name" : web',
    readFileSync('profiles/demo.yaml', 'utf8'),
  ])
    expect(looksLikeInstallProfile(yaml), yaml).toBe(false)
})

test('any bytes at all are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { profile, problems } = checkInstallProfile(bytes)
      expect(profile.length === 0 || problems.length > 0).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('of a megabyte of anything the first thousand problems are told', () => {
  const { profile, problems } = checkInstallProfile('x\n'.repeat(500_000))
  expect(profile).toHaveLength(20_000)
  expect(problems.length).toBeLessThan(1010)
  expect(problems.some(({ message }) => message.startsWith('there are more than 1000 errors'))).toBe(true)
  const disks = 'install_type initial_install\ndontuse c0\n'.concat(
    'dontuse c0 c0 c0 c0 c0 c0\n'.repeat(10_000),
  )
  expect(checkInstallProfile(disks).problems).toHaveLength(1001)
})

test('ten thousand lines are checked', () => {
  const { problems } = checkInstallProfile(
    `install_type initial_install\n${'package SUNWman add\n'.repeat(10_000)}`,
  )
  expect(problems).toEqual([])
})
