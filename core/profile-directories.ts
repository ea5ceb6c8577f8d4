// Where a profile may put templates and zones: installing and rolling back remove directories, so none may be anything else's.
import type { z } from 'zod'

interface Directories {
  flashRoot: string
  zonesRoot: string
  zones: readonly { name: string; zonepath?: string | undefined }[]
}

/** Directories of the system, with all that is in them. */
const system = [
  '/bin',
  '/boot',
  '/dev',
  '/devices',
  '/etc',
  '/kernel',
  '/lib',
  '/lib64',
  '/platform',
  '/proc',
  '/root',
  '/sbin',
  '/usr',
]

/** Directories that are not ours, but in which ours may be. */
const shared = ['/', '/export', '/home', '/mnt', '/opt', '/system', '/tmp', '/var']

const isIn = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`)

/** Adds an issue for each directory of a profile that is not for zones, that another one contains, and each name used twice. */
export function checkDirectories(profile: Directories, context: z.core.$RefinementCtx): void {
  const issue = (path: (string | number)[], input: string, message: string) =>
    context.issues.push({ code: 'custom', path, input, message })
  const { flashRoot, zonesRoot, zones } = profile
  for (const [key, directory] of Object.entries({ flashRoot, zonesRoot })) {
    if (isOfSystem(directory)) issue([key], directory, notOurs(directory))
  }
  if (isIn(zonesRoot, flashRoot)) {
    issue(
      ['zonesRoot'],
      zonesRoot,
      `${zonesRoot} lies in flashRoot, where templates are, expected another directory`,
    )
  }
  const seen: { name: string; zonepath: string }[] = []
  for (const [index, { name, zonepath = `${zonesRoot}/${name}` }] of zones.entries()) {
    const path = ['zones', index, 'zonepath']
    if (isOfSystem(zonepath)) issue(path, zonepath, notOurs(zonepath))
    if (isIn(zonepath, flashRoot) || isIn(flashRoot, zonepath)) {
      issue(
        path,
        zonepath,
        `${zonepath} and flashRoot ${flashRoot} lie in each other, expected separate directories`,
      )
    }
    for (const other of seen) {
      if (other.name === name) issue(['zones', index, 'name'], name, `two zones have the name ${name}`)
      else if (isIn(zonepath, other.zonepath) || isIn(other.zonepath, zonepath)) {
        issue(
          path,
          zonepath,
          `${zonepath} and ${other.zonepath} of zone ${other.name} lie in each other, expected separate directories`,
        )
      }
    }
    seen.push({ name, zonepath })
  }
}

function isOfSystem(directory: string): boolean {
  return shared.includes(directory) || system.some((one) => isIn(directory, one))
}

function notOurs(directory: string): string {
  return `${directory} belongs to the system, expected a directory for zones alone, such as /zones`
}
