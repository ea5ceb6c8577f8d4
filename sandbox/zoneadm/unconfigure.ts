// What `sys-unconfig -R` does to a Solaris zoneroot: the next boot asks for its identity again (zones.md 5.5, 7).
import { copyFileSync, existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const removed = [
  'etc/nodename',
  'etc/defaultdomain',
  'etc/defaultrouter',
  'etc/resolv.conf',
  'etc/sysidcfg',
  'etc/.rootkey',
  'etc/.sysIDtool.state',
]
const sshHostKeys = ['rsa', 'dsa', 'ecdsa', 'ed25519'].flatMap((type) => [
  `etc/ssh/ssh_host_${type}_key`,
  `etc/ssh/ssh_host_${type}_key.pub`,
])
const defaultHosts = '#\n# Internet host table\n#\n127.0.0.1\tlocalhost\n'

/** Unconfigures unless the zone is so already: then everything in it stays, also an old sysidcfg. */
export function unconfigureRoot(root: string): void {
  const marker = path.join(root, 'etc/.UNCONFIGURED')
  if (lstatSync(marker, { throwIfNoEntry: false })?.isFile()) return
  const hosts = path.join(root, 'etc/inet/hosts')
  if (existsSync(hosts)) {
    copyFileSync(hosts, `${hosts}.saved`)
    writeFileSync(hosts, defaultHosts)
  }
  for (const file of [...removed, ...sshHostKeys]) rmSync(path.join(root, file), { force: true })
  rewrite(path.join(root, 'etc/default/init'), (text) => text.replace(/^TZ=.*$/m, 'TZ=PST8PDT'))
  rewrite(path.join(root, 'etc/shadow'), (text) => text.replace(/^root:[^:]*:/m, 'root::'))
  writeFileSync(marker, '')
  writeFileSync(path.join(root, 'reconfigure'), '')
}

function rewrite(file: string, change: (text: string) => string): void {
  if (existsSync(file)) writeFileSync(file, change(readFileSync(file, 'utf8')))
}
