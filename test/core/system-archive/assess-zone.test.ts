import { describe, expect, test } from 'vitest'
import { assessZone, type AssessedHost } from '#core/system-archive/assess-zone.ts'
import { ArchiveRow } from '#core/system-archive/finding.ts'
import { refuseActive, refuseUnallowed } from '#core/system-archive/judge-host.ts'
import { parseMounts } from '#core/system-archive/mounts.ts'

const mnttab = `/dev/dsk/c0t0d0s0\t/\tufs\trw,intr\t1199145600
/proc\t/proc\tproc\tdev=4a80000\t1199145600
filer:/vol/zones\t/net/zones\tnfs\trw\t1199145600
/dev/dsk/c0t0d0s7\t/export\tufs\trw\t1199145600
/dev/dsk/c1t0d0s0\t/mnt/slice\tufs\trw\t1199145600
/dev/dsk/c1t0d0s1\t/zones/web/root/opt/local\tufs\trw\t1199145600
`

const host: AssessedHost = { release: 's10u8', mounts: parseMounts(mnttab), excluded: ['/tmp', '/var/run'] }

interface Circumstances extends Partial<AssessedHost> {
  state?: string
  zonepath?: string
}

function rows(lines: readonly string[], circumstances: Circumstances = {}): string[] {
  const { state = 'installed', zonepath = '/zones/web', ...more } = circumstances
  const zonecfg = ['create -b', `set zonepath="${zonepath}"`, ...lines, ''].join('\n')
  return assessZone({ name: 'web', state, zonepath, zonecfg }, { ...host, ...more }).map(
    ({ row, severity, what }) => `${severity} ${row}: ${what}`,
  )
}

const fs = (dir: string, special: string, type: string) => [
  'add fs',
  `set dir="${dir}"`,
  `set special="${special}"`,
  `set type="${type}"`,
  'end',
]
const net = ['add net', 'set physical="bge0"', 'set address="192.0.2.10/24"', 'end']

describe('a zone that is archived with its system', () => {
  test('without anything of its host has no finding', () => {
    expect(rows([])).toEqual([])
  })

  test('net: its interfaces may need a map', () => {
    expect(rows(net)).toEqual(['warning net: interface bge0 with 192.0.2.10/24'])
  })

  test('autoboot with a configuration that may need a fix-up waits for the restore', () => {
    expect(rows(['set autoboot="true"', ...net])).toEqual([
      'warning net: interface bge0 with 192.0.2.10/24',
      'warning autoboot: autoboot=true and a configuration that may need a fix-up',
    ])
    expect(rows(['set autoboot="true"'])).toEqual([])
  })

  test('lofs: the directory must exist, and what is not archived is told', () => {
    expect(rows(fs('/data', '/export/data', 'lofs'))).toEqual([
      'warning lofs: fs /data shows /export/data, which is on /dev/dsk/c0t0d0s7',
    ])
    expect(rows(fs('/data', '/tmp/data', 'lofs'))).toEqual([
      'warning lofs: fs /data shows /tmp/data, which is not archived',
    ])
  })

  test('ufs: a private slice that is not mounted is refused, one that is mounted elsewhere travels', () => {
    expect(rows(fs('/opt/local', '/dev/dsk/c2t0d0s0', 'ufs'))).toEqual([
      'refusal ufs: fs /opt/local is /dev/dsk/c2t0d0s0 (ufs), which is not mounted once the zone is halted',
    ])
    expect(rows(fs('/opt/local', '/dev/dsk/c1t0d0s0', 'ufs'))).toEqual([
      'warning ufs: fs /opt/local is /dev/dsk/c1t0d0s0 (ufs), mounted on /mnt/slice here',
    ])
  })

  test('ufs: one that is mounted in the zone itself is not mounted any more once the zone is detached', () => {
    expect(rows(fs('/opt/local', '/dev/dsk/c1t0d0s1', 'ufs'))).toEqual([
      'refusal ufs: fs /opt/local is /dev/dsk/c1t0d0s1 (ufs), which is not mounted once the zone is halted',
    ])
  })

  test('another private file system is refused too, one of the network or of memory is not', () => {
    expect(rows(fs('/data', 'tank/data', 'zfs'))).toEqual([
      'refusal private-fs: fs /data is tank/data (zfs), which is not mounted once the zone is halted',
    ])
    expect(rows([...fs('/home', 'filer:/home', 'nfs'), ...fs('/scratch', 'swap', 'tmpfs')])).toEqual([])
  })

  test.for(['/dev/md/dsk/d10', '/dev/md/set1/dsk/d20'])('svm: the volume %s is refused', (volume) => {
    expect(rows(fs('/data', volume, 'ufs'))).toEqual([`refusal svm: fs /data is the volume ${volume}`])
    expect(rows(['add device', `set match="${volume}"`, 'end'])).toEqual([
      `refusal svm: device is the volume ${volume}`,
    ])
  })

  test('svm: a zonepath on a volume travels as files, and the volume is told', () => {
    const volumes = `/dev/md/dsk/d0\t/\tufs\trw\t1\n/dev/md/dsk/d30\t/zones\tufs\trw\t1\n`
    const mounts = parseMounts(volumes)
    expect(rows([], { mounts })).toEqual([
      'warning svm: its zonepath /zones/web is on the volume /dev/md/dsk/d30, mounted on /zones',
    ])
    expect(rows([], { mounts, zonepath: '/export/web' })).toEqual([])
    expect(rows([], { mounts, state: 'configured' })).toEqual([])
  })

  test('device: refused, as it works on identical hardware only', () => {
    expect(rows(['add device', 'set match="/dev/rmt/*"', 'end'])).toEqual([
      'refusal device: device /dev/rmt/*',
    ])
  })

  test('dataset: a delegated one is refused, its files are not in the archive', () => {
    expect(rows(['add dataset', 'set name="tank/web"', 'end'])).toEqual([
      'refusal dataset: delegated dataset tank/web',
    ])
  })

  test('nfs-zonepath: refused, unless the zone has no files', () => {
    const zonepath = '/net/zones/web'
    expect(rows([], { zonepath })).toEqual([
      'refusal nfs-zonepath: its zonepath /net/zones/web is on filer:/vol/zones, mounted by nfs',
    ])
    expect(rows([], { zonepath, state: 'configured' })).toEqual([])
  })

  test('zonepath: one that shells and zonecfg read otherwise, or that is excluded, is refused', () => {
    expect(rows([], { zonepath: '/zones/my web' })).toEqual([
      'refusal zonepath: its zonepath is "/zones/my web", expected letters, digits, ".", "_" and "-"',
    ])
    expect(rows([], { excluded: ['/zones'] })).toEqual([
      'refusal zonepath: its zonepath /zones/web is below the excluded /zones',
    ])
  })

  test('zonepath-dataset: brands of illumos that attach only datasets are refused', () => {
    expect(rows(['set brand="lipkg"'], { release: 'illumos' })).toEqual([
      'refusal zonepath-dataset: brand lipkg attaches only what lies in datasets of its own',
    ])
    expect(rows(['set brand="lx"'], { release: 'illumos' })).toEqual([])
  })

  test('incomplete: refused', () => {
    expect(rows([], { state: 'incomplete' })).toEqual(['refusal incomplete: it is incomplete'])
  })

  test('configuration: what is not understood is refused', () => {
    expect(rows(['add anet', 'set linkname=net0', 'end'])).toEqual([
      expect.stringMatching(/^refusal configuration: zonecfg commands are refused: /),
    ])
  })

  test('every finding says what to do', () => {
    const zonecfg = [
      'create -b',
      'set zonepath="/zones/web"',
      ...net,
      'add dataset',
      'set name="a/b"',
      'end',
      '',
    ].join('\n')
    const findings = assessZone({ name: 'web', state: 'installed', zonepath: '/zones/web', zonecfg }, host)
    expect(findings.map(({ advice }) => advice)).toEqual([
      'where interfaces have other names, map it: --map OLD=NEW',
      'its files are not in the archive: send it by itself, and make it on the other host before the restore',
    ])
  })
})

describe('a host', () => {
  const zone = (name: string, state: string) => ({ name, state, zonepath: `/zones/${name}`, zonecfg: '' })

  test('is refused while zones run, with their names', () => {
    const zones = [zone('web', 'running'), zone('db', 'ready'), zone('spare', 'installed')]
    expect(() => refuseActive(zones, { halt: false })).toThrow(/web \(running\), db \(ready\)/)
    expect(() => refuseActive(zones, { halt: true })).toThrow(/not halted: db \(ready\)/)
    expect(() => refuseActive([zone('web', 'running')], { halt: true })).not.toThrow()
  })

  test('is refused for what nobody allowed, each row in a line, with the way to allow it', () => {
    const finding = (row: ArchiveRow, severity: 'warning' | 'refusal' = 'refusal') => ({
      zone: 'web',
      row,
      severity,
      what: 'this',
      advice: 'do that',
    })
    expect(() => refuseUnallowed([finding('device'), finding('net', 'warning')], [])).toThrow(
      'one thing does not work on another host:\nrefused zone web, device: this; do that\nto archive all the same: --allow device',
    )
    expect(() => refuseUnallowed([finding('device')], ['device'])).not.toThrow()
  })

  test.for(['nfs-zonepath', 'zonepath', 'incomplete'] as const)('no --allow lets %s through', (row) => {
    const finding = { zone: 'web', row, severity: 'refusal', what: 'this', advice: 'do that' } as const
    expect(() => refuseUnallowed([finding], ArchiveRow.options)).toThrow(
      /^one thing does not work on another host:\n.*do that$/,
    )
  })
})
