// What `zoneadm install` of a native zone takes from the global zone on Solaris 10. There is none here, so a small zoneroot in its
// style is made: settings, package records and service records of what the shipped recipes work on, no programs.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { OsRelease } from '#core/host.ts'
import type { ZoneConfig } from '#core/zone/config.ts'
import { writeRepository } from '../smf/repository.ts'

const packages: Readonly<Record<string, string>> = {
  SUNWcsr: 'Core Solaris, (Root)',
  SUNWcsu: 'Core Solaris, (Usr)',
  SUNWsshdr: 'SSH Server, (Root)',
  SUNWapch2r: 'Apache Web Server V2 (root)',
  SUNWapch2u: 'Apache Web Server V2 (usr)',
  SUNWmysqlr: 'mysql - MySQL Database Management System (root component)',
  SUNWmysqlu: 'mysql - MySQL Database Management System (usr component)',
  SUNWwebminr: 'Webmin - Web-Based System Administration (root component)',
  SUNWwebminu: 'Webmin - Web-Based System Administration (usr component)',
}

const files: Readonly<Record<string, string>> = {
  'etc/group':
    'root::0:\nother::1:root\nbin::2:root,daemon\nsys::3:root,bin,adm\nadm::4:root,daemon\nwebservd::80:\nnobody::60001:\n',
  'etc/passwd':
    'root:x:0:0:Super-User:/:/sbin/sh\ndaemon:x:1:1::/:\nbin:x:2:2::/usr/bin:\nsys:x:3:3::/:\nwebservd:x:80:80:WebServer Reserved UID:/:\nnobody:x:60001:60001:NFS Anonymous Access User:/:\n',
  'etc/default/init': 'TZ=PST8PDT\nCMASK=022\n',
  'etc/inet/hosts': '#\n# Internet host table\n#\n127.0.0.1\tlocalhost\n',
  'etc/nsswitch.files': 'passwd: files\ngroup: files\nhosts: files\n',
  'etc/nsswitch.dns': 'passwd: files\ngroup: files\nhosts: files dns\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'etc/ssh/sshd_config': 'Protocol 2\nHostKey /etc/ssh/ssh_host_rsa_key\n',
  'etc/vfstab': '/proc\t-\t/proc\tproc\t-\tno\t-\n',
  'etc/security/auth_attr': 'solaris.smf.manage.:::Manage All SMF Service States::help=SmfManage.html\n',
  'etc/user_attr': 'root::::auths=solaris.*,solaris.grant;profiles=All\n',
  'etc/apache2/httpd.conf-example': 'Listen 80\nDocumentRoot "/var/apache2/htdocs"\n',
  'etc/webmin/miniserv.conf': 'port=10000\nroot=/usr/sfw/lib/webmin\n',
  'var/apache2/htdocs/index.html': '<html><body>It works</body></html>\n',
}

/** Paths with their packages, as /var/sadm/install/contents has them. */
const contents = `/etc/apache2 d none 0755 root bin SUNWapch2r
/etc/apache2/httpd.conf-example f none 0444 root bin 0 0 0 SUNWapch2r
/etc/webmin d none 0755 root bin SUNWwebminr
/etc/webmin/miniserv.conf e none 0600 root bin 0 0 0 SUNWwebminr
/usr/sfw/lib/webmin d none 0755 root bin SUNWwebminu
/usr/sfw/lib/webmin/miniserv.pl f none 0755 root bin 0 0 0 SUNWwebminu
/var/apache2/htdocs/index.html e none 0644 root bin 0 0 0 SUNWapch2r
/var/mysql d none 0755 root mysql SUNWmysqlr
`

const directories =
  'dev devices proc mnt home export opt lib platform sbin usr etc/svc/volatile etc/init.d etc/rc2.d etc/rc3.d system/contract system/object var/mysql var/adm var/run var/mail var/log var/spool/cron var/svc/manifest/application var/svc/log'.split(
    ' ',
  )

/** Fills the empty directory `root`. */
export function makeSmallSolaris(root: string, release: OsRelease, config: ZoneConfig): void {
  const put = (file: string, text: string, mode = 0o644): void => {
    const place = path.join(root, file)
    mkdirSync(path.dirname(place), { recursive: true })
    writeFileSync(place, text)
    chmodSync(place, mode)
  }
  for (const directory of directories) mkdirSync(path.join(root, directory), { recursive: true })
  for (const directory of ['tmp', 'var/tmp']) {
    mkdirSync(path.join(root, directory), { recursive: true })
    chmodSync(path.join(root, directory), 0o1777)
  }
  for (const [file, text] of Object.entries(files)) put(file, text)
  put('etc/shadow', 'root::6445::::::\ndaemon:NP:6445::::::\nwebservd:*LK*:::::::\n', 0o400)
  const kind = config.elements.some(({ tag }) => tag === 'inherited-pkg-dir') ? 'sparse' : 'whole'
  put('etc/release', `${`Solaris 10 ${release} (${kind} root, made by the sandbox)`.padStart(60)}\n`)
  symlinkSync('./inet/hosts', path.join(root, 'etc/hosts'))
  symlinkSync('./default/init', path.join(root, 'etc/TIMEZONE'))
  symlinkSync('./usr/bin', path.join(root, 'bin'))
  for (const [name, title] of Object.entries(packages))
    put(
      `var/sadm/pkg/${name}/pkginfo`,
      `PKG=${name}\nNAME=${title}\nARCH=i386\nVERSION=11.10.0,REV=2005.01.21\nCATEGORY=system\nSUNW_PKG_ALLZONES=false\n`,
    )
  put('var/sadm/install/contents', contents)
  writeRepository(
    root,
    new Map([
      ['svc:/network/http:apache2', false],
      ['svc:/application/management/webmin:default', false],
    ]),
  )
}
