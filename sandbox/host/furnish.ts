// Runs inside a new sandbox host: puts the zones commands at their real paths and writes what a zones host has in /etc.
// usage: furnish.ts DESCRIPTION_JSON
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openZoneStore } from '../zone-store.ts'
import type { HostDescription } from './host-state.ts'

const sandbox = path.resolve(import.meta.dirname, '..')

/** Where a zones host has the commands, and what runs them here. */
const commands = {
  '/usr/sbin/zoneadm': 'zoneadm.ts',
  '/usr/sbin/zonecfg': 'zonecfg.ts',
  '/usr/sbin/zlogin': 'zlogin.sh',
  '/usr/bin/zonename': 'zonename.sh',
  '/usr/bin/svcs': 'svcs.sh',
  '/usr/bin/pkginfo': 'pkginfo.sh',
  '/usr/sbin/pkgadd': 'pkgadd.ts',
  '/usr/sbin/pkgrm': 'pkgrm.ts',
  '/usr/sbin/installf': 'installf.ts',
  '/usr/sbin/svcadm': 'svcadm.ts',
  '/usr/sbin/svccfg': 'svccfg.ts',
  '/usr/sbin/ifconfig': 'ifconfig.sh',
}

/** An install runs hundreds of commands, and half the time of each was spent on compiling it. */
const compileCache = '/var/cache/sandbox-commands'

const text = process.argv[2] ?? ''
const { release, pool }: Pick<HostDescription, 'release' | 'pool'> = JSON.parse(text)
writeFileSync('/etc/sandbox.json', `${text}\n`)
if (pool === undefined) {
  for (const program of ['/usr/sbin/zfs', '/usr/sbin/zpool']) rmSync(program, { force: true })
} else {
  mkdirSync('/usr/lib/sandbox')
  for (const program of ['zfs', 'zpool']) {
    copyFileSync(`/usr/sbin/${program}`, `/usr/lib/sandbox/${program}`)
    put(`/usr/sbin/${program}`, `${program}.sh`)
  }
}
for (const [command, program] of Object.entries(commands)) put(command, program)
openZoneStore('/').installTemplates(release)
// Solaris 10 zones inherit it
if (release !== 'illumos') mkdirSync('/platform')

function put(command: string, program: string): void {
  const interpreter = program.endsWith('.ts') ? path.resolve(sandbox, '../node_modules/.bin/node') : '/bin/sh'
  mkdirSync(path.dirname(command), { recursive: true })
  rmSync(command, { force: true })
  writeFileSync(
    command,
    `#!/bin/sh\nSANDBOX_RELEASE=${release} NODE_COMPILE_CACHE=${compileCache}\nexport SANDBOX_RELEASE NODE_COMPILE_CACHE\nexec ${interpreter} ${path.join(sandbox, program)} "$@"\n`,
    { mode: 0o755 },
  )
}
