// What the script of a system does beside asking zfs: files of the new root, boot menus, room in the pool. The same in every shell.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shells } from './shells.ts'

const scripts = path.resolve(import.meta.dirname, '../../finish-scripts')
const library = [
  'lib',
  'zfs',
  'zone',
  'zoneroot',
  'identity',
  'system',
  'system-checks',
  'new-root',
  'bootfs',
  'service',
]
  .map((file) => readFileSync(path.join(scripts, `${file}.sh`), 'utf8'))
  .join('\n')
const goldenFile = (name: string) => path.join(import.meta.dirname, '../fixtures/golden/systems', name)

/** Stands in for zfs: datasets that are there, and their properties. */
const zfs = `#!/bin/sh
case "$*" in
*'available '*) echo "$ZFS_AVAILABLE" ;;
*'used '*) echo "$ZFS_USED" ;;
*'zoneflash:verified '*) [ -z "$ZFS_VERIFIED" ] || printf '%s\\tlocal\\n' "$ZFS_VERIFIED" ;;
list*zoneflash-incoming) [ -n "$ZFS_USED" ] ;;
list*) exit 1 ;;
esac
`

const variables = {
  y_name: 'golden',
  y_version: '1.0',
  y_pool: 'rpool',
  y_environment: 'golden-1.0',
  y_os_family: 'solaris10',
  y_nodename: 'app1',
  y_needed: '5000000000',
  y_sha256: 'd'.repeat(64),
  zf_host: 'host',
  zf_awk: 'awk',
  LC_ALL: 'C',
}

let base: string
beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'zoneflash-system-'))
  mkdirSync(path.join(base, 'bin'))
  writeFileSync(path.join(base, 'bin/zfs'), zfs, { mode: 0o755 })
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const put = (root: string, files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
}

/** Runs `commands` after the library, in a directory with `golden/` as the new root and `here/` as the old one. */
function run(
  [command, ...args]: readonly [string, ...string[]],
  commands: string,
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string; at: string } {
  const at = mkdtempSync(path.join(base, 'run-'))
  for (const name of ['golden', 'here', 'work']) mkdirSync(path.join(at, name))
  put(path.join(at, 'golden'), goldenRoot)
  put(path.join(at, 'here'), hereRoot)
  symlinkSync('here', path.join(at, 'link'))
  put(at, { 'tmp/begin.log': 'begin\n', 'tmp/finish.log': 'so far\n' })
  writeFileSync(path.join(at, 'log'), 'what happened so far\n')
  const places = {
    zone_root: path.join(at, 'golden'),
    zf_root: path.join(at, 'here'),
    zf_work: path.join(at, 'work'),
    zf_state: at,
    zf_log: path.join(at, 'log'),
    ZONEFLASH_INSTALLER_LOGS: path.join(at, 'tmp'),
  }
  const { status, stdout, stderr } = spawnSync(command, args, {
    input: `${library}\nname_system\ncd ${at} || exit 9\n${commands}\n`,
    encoding: 'utf8',
    env: { PATH: `${base}/bin:${process.env['PATH']}`, ...variables, ...places, ...env },
  })
  return { status, stdout, stderr, at }
}

const goldenRoot = {
  'etc/vfstab': [
    '#device\tdevice\tmount\tFS\tfsck\tmount\tmount',
    'fd\t-\t/dev/fd\tfd\t-\tno\t-',
    'swap\t-\t/tmp\ttmpfs\t-\tyes\t-',
    '/dev/dsk/c0t0d0s1\t-\t-\tswap\t-\tno\t-',
    'rpool/ROOT/be\t-\t/\tzfs\t-\tno\t-',
    'rpool/ROOT/be/var\t-\t/var\tzfs\t-\tno\t-',
    '/dev/md/dsk/d5\t/dev/md/rdsk/d5\t/data\tufs\t2\tyes\tlogging',
    'filer:/home\t-\t/home\tnfs\t-\tyes\trw,bg',
    'short line',
    '',
  ].join('\n'),
  'etc/dumpadm.conf':
    '#\nDUMPADM_ENABLE=yes\nDUMPADM_DEVICE=/dev/dsk/c0t0d0s1\nDUMPADM_SAVDIR=/var/crash/golden\n',
  'etc/zfs/zpool.cache': 'golden pools',
  'etc/hostid': 'golden number',
  'boot/solaris/bootenv.rc': 'setprop bootpath /golden/disk\n',
  'kernel/misc/sysinit': 'golden number in a module',
  'var/sadm/system/logs/begin.log': 'of the golden system',
}
const hereRoot = {
  'etc/vfstab': '# swap\n/dev/zvol/dsk/rpool/swap\t-\t-\tswap\t-\tno\t-\n/dev/dsk/c1t0d0s1 - - swap - no -\n',
  'etc/dumpadm.conf': 'DUMPADM_DEVICE=/dev/zvol/dsk/rpool/dump\n',
  'boot/solaris/bootenv.rc': 'setprop bootpath /this/disk\n',
  'kernel/misc/sysinit': 'number of this machine',
  'kernel/misc/amd64/sysinit': 'which the golden system has not',
  'var/sadm/system/logs/install_log': 'packages\n',
}

const grubMenu = `default 1
timeout 10
#---------- ADDED BY BOOTADM - DO NOT EDIT ----------
title failsafe
findroot (pool_rpool,0,a)
kernel /boot/multiboot -s
module /boot/x86.miniroot-safe
#---------------------END BOOTADM--------------------
title Solaris 10 10/09 s10x_u8
findroot (BE_installed,0,a)
bootfs rpool/ROOT/installed
kernel$ /platform/i86pc/multiboot -B $ZFS-BOOTFS
module /platform/i86pc/boot_archive
# end
title last
root (hd0,1)
`

describe.each(shells.map((shell) => ({ name: shell.join(' '), shell })))('under $name', ({ shell }) => {
  test('the new root gets the swap, dump device, hardware and logs of this host', async () => {
    const { status, stderr, stdout, at } = run(
      shell,
      `adapt_vfstab && adapt_dumpadm && take_over_hardware && copy_install_logs &&
       adapt_vfstab && adapt_dumpadm && take_over_hardware && copy_install_logs`,
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe('left in etc/vfstab: filer:/home at /home\n'.repeat(2))
    await expect(listing(path.join(at, 'golden'))).toMatchFileSnapshot(goldenFile('adapted-root.txt'))
  })

  test('a log of an earlier install of the same day stays', () => {
    const { status, stderr, stdout } = run(
      shell,
      `logs=golden/var/sadm/system/logs; day=\`date '+%b%d_%Y'\`
       echo 'of the golden host' >$logs/begin.log_$day; echo 'and again' >$logs/begin.log_\${day}_1
       copy_install_logs && copy_install_logs || exit
       cat $logs/begin.log_$day $logs/begin.log_\${day}_1 $logs/begin.log; ls $logs | sed "s/$day/DAY/" | grep begin`,
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe(
      `of the golden host\nand again\nbegin\nbegin.log\nbegin.log_DAY\nbegin.log_DAY_1\nbegin.log_DAY_2\n`,
    )
  })

  test('a root of illumos looks for its own disks and interfaces', () => {
    const { status, stderr, at } = run(shell, 'reset_global_identity', {
      z_os_family: 'illumos',
      y_os_family: 'illumos',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(path.join(at, 'golden/reconfigure'), 'utf8')).toBe('')
  })

  test('a host without an old vfstab, dump device or logs leaves a root without them', () => {
    const { status, stderr, at } = run(shell, 'adapt_vfstab && adapt_dumpadm && copy_install_logs', {
      zf_root: '/nowhere',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(path.join(at, 'golden/etc/vfstab'), 'utf8')).not.toMatch(/^[^#]*\tswap\t-\tno/m)
    expect(readFileSync(path.join(at, 'golden/etc/dumpadm.conf'), 'utf8')).toContain('DUMPADM_DEVICE=swap\n')
  })

  test('a root whose directories are links out of it is not written to', () => {
    const { status, stderr, at } = run(
      shell,
      'rm -r golden/etc golden/var; ln -s ../here/etc golden/etc; ln -s ../here golden/var; adapt_vfstab; take_over_hardware; copy_install_logs',
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(/refused to write .*: etc in the zoneroot of golden-1\.0 is a symbolic link/)
    expect(readdirSync(path.join(at, 'here')).toSorted()).toEqual(['boot', 'etc', 'kernel', 'var'])
    expect(readdirSync(path.join(at, 'here/etc')).toSorted()).toEqual(['dumpadm.conf', 'vfstab'])
  })

  test.each(['var/svc/manifest', 'var/zoneflash', 'etc/init.d', 'etc/rc3.d'])(
    'a service for the first boot is not left through a link at %s',
    (link) => {
      const smf = link.startsWith('var/svc') ? 'mkdir -p golden/lib/svc;' : ''
      const { status, stderr, at } = run(
        shell,
        `zones_script() { echo zoneflash_main; }; first_boot_method() { echo method; }; service_manifest() { echo xml; }
         mkdir -p outside/site golden/var/svc; ${smf} ln -s "$zf_state/outside" golden/${link}; zf_host_root=$zone_root; leave_service`,
      )
      expect(status).toBe(1)
      expect(stderr).toMatch(
        new RegExp(`refused to write .*: ${link} in the zoneroot of host is a symbolic link`),
      )
      expect(readdirSync(path.join(at, 'outside'))).toEqual(['site'])
      expect(readdirSync(path.join(at, 'outside/site'))).toEqual([])
    },
  )

  test('the default entry of a GRUB menu is copied for the new root, once', async () => {
    const { status, stdout, stderr } = run(
      shell,
      `change_grub_menu <<'END' >once && change_grub_menu <once >twice && cmp once twice && cat once\n${grubMenu}END`,
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    await expect(stdout).toMatchFileSnapshot(goldenFile('grub-menu.txt'))
  })

  test('the menu of SPARC names the new root once', () => {
    const { stdout } = run(
      shell,
      `printf 'title old\\nbootfs rpool/ROOT/old\\n' >menu; add_menu_line menu; add_menu_line menu; cat menu`,
    )
    expect(stdout).toBe('title old\nbootfs rpool/ROOT/old\ntitle golden-1.0\nbootfs rpool/ROOT/golden-1.0\n')
  })

  test.each([
    { available: '5000000000', used: '', verified: '', fits: true },
    { available: '4999999999', used: '', verified: '', fits: false },
    { available: '4000000000', used: '1000000000', verified: '', fits: true },
    { available: '99000000000000000', used: '', verified: '', fits: true },
    { available: '0', used: '5000000000', verified: 'd'.repeat(64), fits: true },
    { available: '', used: '', verified: '', fits: false },
  ])('room: $available bytes and $used of an earlier run', ({ available, used, verified, fits }) => {
    const env = { ZFS_AVAILABLE: available, ZFS_USED: used, ZFS_VERIFIED: verified }
    const { status, stderr } = run(shell, 'check_room', env)
    const refusal = /^golden@1\.0 needs about 4769 MiB, pool rpool has [0-9]+ MiB free\n$/
    expect([status, refusal.test(stderr)], stderr).toEqual(fits ? [0, false] : [1, true])
  })
})

function listing(root: string): string {
  const day = /_[A-Z][a-z]{2}[0-9]{2}_[0-9]{4}/g
  return execFileSync(
    'sh',
    [
      '-c',
      'find . -type f -o -type l | sort | while read f; do echo "== $f $(stat -c %a "$f")"; cat "$f"; echo; done',
    ],
    { cwd: root, encoding: 'utf8' },
  ).replaceAll(day, '_DAY')
}
