/** Which of a host's mounted file systems its archive takes (jumpstart.md 4.3 and 4.9). */

export interface Mount {
  special: string
  directory: string
  type: string
}

/** Lines of /etc/mnttab, or of /proc/mounts on a sandbox host. A directory that is mounted over counts as what is seen. */
export function parseMounts(text: string): Mount[] {
  const byDirectory = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [special, directory, type] = line.split(line.includes('\t') ? '\t' : ' ').map(unescaped)
    if (special === undefined || type === undefined || !directory?.startsWith('/')) continue
    byDirectory.delete(directory)
    byDirectory.set(directory, { special, directory, type })
  }
  return [...byDirectory.values()]
}

function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

/** Local disks. Everything else belongs to the running system, to other machines, or shows what is there already. */
const localTypes = ['ufs', 'vxfs', 'ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'overlay']

const isZfs = ({ type }: Mount): boolean => type === 'zfs' || type === 'fuse.zfs'

interface ChosenFileSystems {
  /** mount points, `/` first */
  taken: string[]
  /** directories that stay, empty */
  emptied: string[]
}

/**
 * The file systems of the root: local ones, and of ZFS those of the root's pool without its other boot environments. Of other
 * pools those on the way to a zonepath, at it and below it.
 */
export function chooseFileSystems(
  mounts: readonly Mount[],
  zonepaths: readonly string[],
  excluded: readonly string[],
): ChosenFileSystems {
  const root = mounts.find(({ directory }) => directory === '/')
  const taken = ['/']
  const emptied = [...excluded]
  for (const mount of mounts.toSorted((a, b) => (a.directory < b.directory ? -1 : 1))) {
    const { directory } = mount
    if (directory === '/' || emptied.some((place) => isWithin(directory, place))) continue
    const hasZone = zonepaths.some((path) => isWithin(path, directory) || isWithin(directory, path))
    if (isLocal(mount, root) || (hasZone && isDisk(mount))) taken.push(directory)
    else emptied.push(directory)
  }
  return { taken, emptied }
}

/** Whether `path` is `directory` or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}

function isDisk(mount: Mount): boolean {
  return isZfs(mount) || localTypes.includes(mount.type)
}

function isLocal(mount: Mount, root: Mount | undefined): boolean {
  if (!isZfs(mount)) return localTypes.includes(mount.type)
  if (!root || !isZfs(root)) return false
  const [pool] = root.special.split('/')
  if (mount.special.split('/')[0] !== pool) return false
  const isOfRoot = mount.special === root.special || mount.special.startsWith(`${root.special}/`)
  return isOfRoot || !mount.special.startsWith(`${parentOf(root.special)}/`)
}

/** `rpool/ROOT` of `rpool/ROOT/s10u8` */
function parentOf(dataset: string): string {
  return dataset.slice(0, Math.max(dataset.lastIndexOf('/'), 0))
}

/** The mount that a path lies on. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ directory }) => isWithin(path, directory))
    .toSorted((a, b) => b.directory.length - a.directory.length)[0]
}
