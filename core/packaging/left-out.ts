// What of a zone's root is not packaged: it belongs to a running zone, or the next host makes it anew (jumpstart.md 4.3).

/** Directories that stay, empty. */
const emptied: Record<'linux' | 'solaris', readonly string[]> = {
  linux: ['proc', 'sys', 'dev', 'tmp', 'run', 'var/run', 'var/lock'],
  solaris: [
    'proc',
    'dev',
    'devices',
    'tmp',
    'var/run',
    'system/contract',
    'system/object',
    'etc/svc/volatile',
  ],
}

/** The directories of this brand's zones whose contents are left out. */
export function emptiedDirectories(brand: string): readonly string[] {
  return emptied[brand === 'lx' ? 'linux' : 'solaris']
}

/** Whether `path`, relative to the zone's root, lies below one of them. */
export function isLeftOut(brand: string, path: string): boolean {
  return emptiedDirectories(brand).some((directory) => path.startsWith(`${directory}/`))
}

/** Whether `path` lies below one of the directories, of which there may be thousands; all relative to the same root. */
export function isBelowAny(path: string, directories: ReadonlySet<string>): boolean {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    if (directories.has(path.slice(0, slash))) return true
  return false
}
