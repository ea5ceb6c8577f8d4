// Packages, clusters, patches, and where they come from (jumpstart.md 2.2).
import { wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { checkArchiveLocation } from './archive-location.ts'
import { absolutePath, among, complain, countComplaint, expecting, folded, type CheckWords } from './words.ts'

/** Software groups: what is installed at all. */
export const softwareGroups = ['SUNWCrnet', 'SUNWCreq', 'SUNWCuser', 'SUNWCprog', 'SUNWCall', 'SUNWCXall']

const name = expecting(/^[A-Za-z][A-Za-z0-9+.-]{0,31}$/, 'a name of letters, digits, + . -')

/** `SUNWCreq`; `SUNWCacc delete` */
export const checkCluster: CheckWords = (words, { type }) => {
  const [cluster = '', how, ...rest] = words
  if (words.length === 0 || rest.length > 0)
    return [countComplaint(words.length, ['name', '[add or delete]'])]
  const complaints = complain('cluster', cluster, name)
  if (softwareGroups.includes(cluster)) {
    if (how !== undefined)
      complaints.push(
        wrong(`${quoted(how)} follows the software group ${cluster}, expected the end of the line`),
      )
    if (type === 'upgrade')
      complaints.push(
        wrong(
          `cluster is the software group ${cluster}, expected a cluster to add or delete: an upgrade keeps its group`,
        ),
      )
  } else if (how !== undefined)
    complaints.push(...complain('what to do', how, folded(among('add', 'delete'))))
  return complaints
}

/** `SUNWman delete`; `SUNWxyz add http://192.0.2.10/pkgs timeout 5` */
export const checkPackage: CheckWords = (words) => {
  const [first = '', ...rest] = words
  if (words.length === 0) return [countComplaint(0, ['name', '[add or delete]', '[source]'])]
  const how = rest[0]?.toLowerCase()
  const isMarked = how === 'add' || how === 'delete'
  const source = isMarked ? rest.slice(1) : rest
  const complaints = complain('package', first, name)
  if (source.length === 0) return complaints
  if (how === 'delete')
    complaints.push(
      wrong(`a source follows delete: ${quoted(source.join(' '))}, expected the end of the line`),
    )
  else complaints.push(...checkSource(source))
  return complaints
}

/** http, nfs, local_device and local_file, in the words of archive_location. */
function checkSource(words: readonly string[]): Complaint[] {
  const kind = (words[0] ?? '').replace(/:.*$/, '')
  const kinds = ['http', 'https', 'nfs', 'local_device', 'local_file']
  if (!kinds.includes(kind))
    return [wrong(`${quoted(words[0] ?? '')} follows, expected add, delete or a source: ${kinds.join(', ')}`)]
  return checkArchiveLocation(words)
}

/** `119254-01,121118-05`, or a location with a list of patches in it. */
export const checkPatch: CheckWords = (words) => {
  const [first = '', ...rest] = words
  if (words.length === 0) return [countComplaint(0, ['patches or location'])]
  if (/^[0-9]{6}-[0-9]{2}(,[0-9]{6}-[0-9]{2})*$/.test(first)) {
    if (rest.length === 0) return []
    return [wrong(`${quoted(rest[0] ?? '')} follows the patches, expected the end of the line`)]
  }
  if (rest.length === 0 && /^[A-Za-z0-9_.-]+$/.test(first) && !/^[0-9]/.test(first)) return []
  if (/^(https?|nfs|local_device|local_file)(:|$)/.test(first)) return checkSource(words)
  return [
    wrong(`patch is ${quoted(words.join(' '))}, expected patches such as 119254-01,121118-05, or a location`),
  ]
}

/** `local_filesystem /export/backup` */
export const checkBackupMedia: CheckWords = (words) => {
  const [first = '', path = ''] = words
  const kind = first.toLowerCase()
  if (words.length !== 2) return [countComplaint(words.length, ['kind', 'path'])]
  const shapes: Record<string, Parameters<typeof complain>[2]> = {
    local_tape: expecting(/^\/dev\/[!-~]{1,200}$/, 'a device such as /dev/rmt/0'),
    local_diskette: expecting(/^\/dev\/[!-~]{1,200}$/, 'a device such as /dev/rdiskette0'),
    local_filesystem: expecting(/^(\/dev\/dsk\/[!-~]{1,200}|\/[!-~]{1,1000})$/, 'a path that begins with /'),
    remote_filesystem: expecting(/^[A-Za-z0-9][A-Za-z0-9.-]{0,254}:\/[!-~]{0,1000}$/, 'host:/path'),
    remote_system: expecting(
      /^[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,254}:\/[!-~]{0,1000}$/,
      'user@host:/path',
    ),
  }
  const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
  return shape ? complain('path', path, shape) : complain('kind', first, among(...Object.keys(shapes)))
}

/** A directory on the client. */
export const checkDirectoryPath: CheckWords = (words) =>
  words.length === 1
    ? complain('directory', words[0] ?? '', absolutePath)
    : [countComplaint(words.length, ['directory'])]
