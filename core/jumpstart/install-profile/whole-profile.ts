// What the lines of an install profile say of each other.
import { unwise, wrong, type Complaint } from '../../problem.ts'
import { softwareGroups } from './software.ts'
import { wordsOf, type InstallProfile, type InstallProfileLine } from './profile.ts'
import type { WordContext } from './words.ts'

export type PlacedComplaint = Complaint & { line: number }
type WholeRule = (profile: InstallProfile, context: WordContext) => PlacedComplaint[]

const MAX_USED_DISKS = 32

export function wholeProfileComplaints(profile: InstallProfile, context: WordContext): PlacedComplaint[] {
  return rules.flatMap((rule) => rule(profile, context))
}

const at = ({ line }: InstallProfileLine, complaint: Complaint): PlacedComplaint => ({ ...complaint, line })
const linesWith = (profile: InstallProfile, keyword: string): InstallProfileLine[] =>
  profile.filter((line) => line.keyword === keyword)

const flashNeedsArchive: WholeRule = (profile, { type }) => {
  const first = profile[0]
  const isFlash = type === 'flash_install' || type === 'flash_update'
  if (!first || !isFlash || linesWith(profile, 'archive_location').length > 0) return []
  return [at(first, wrong(`install_type is ${type} and there is no archive_location, expected at least one`))]
}

/** ZFS roots are made by initial_install, and from 10/09 by flash_install; Live Upgrade does the rest. */
const zfsTypes: WholeRule = (profile, { type }) =>
  type === 'flash_install'
    ? linesWith(profile, 'pool').map((line) =>
        at(line, unwise('pool with flash_install is understood from Solaris 10 10/09 on')),
      )
    : []

const bootenvNeedsPool: WholeRule = (profile, { isZfs }) =>
  isZfs
    ? []
    : linesWith(profile, 'bootenv').map((line) =>
        at(line, wrong('bootenv: there is no pool, expected one: a boot environment lies in a ZFS root')),
      )

const oneGroup: WholeRule = (profile) =>
  linesWith(profile, 'cluster')
    .filter(({ words }) => softwareGroups.includes(words[0] ?? ''))
    .slice(1)
    .map((line) => at(line, wrong(`cluster: ${line.words[0]} is the second software group, expected one`)))

const disksOnce: WholeRule = (profile) => {
  const used = linesWith(profile, 'usedisk')
  const complaints = linesWith(profile, 'dontuse')
    .filter(() => used.length > 0)
    .map((line) => at(line, wrong('dontuse stands beside usedisk, expected one of the two')))
  let count = 0
  for (const line of used) {
    const before = count
    count += line.words.length
    if (before <= MAX_USED_DISKS && count > MAX_USED_DISKS)
      complaints.push(
        at(line, wrong(`usedisk names more than ${MAX_USED_DISKS} disks, expected so many at most`)),
      )
  }
  return complaints
}

/** `all` and `free` need a layout that is made anew; an existing one has existing sizes only. */
const sizesFitPartitioning: WholeRule = (profile) => {
  if (wordsOf(profile, 'partitioning')?.[0]?.toLowerCase() !== 'existing') return []
  return linesWith(profile, 'filesys').flatMap((line) => {
    const [first = ''] = line.words
    if (first.includes(':/')) return []
    const size = first.startsWith('mirror')
      ? line.words.find((word, index) => index > 1 && !/s[0-7]$/.test(word))
      : line.words[1]
    if (size === undefined || size.toLowerCase() === 'existing') return []
    return [at(line, wrong(`filesys: size is ${size} with partitioning existing, expected existing`))]
  })
}

const serversOnly: WholeRule = (profile) => {
  if (wordsOf(profile, 'system_type')?.[0]?.toLowerCase() === 'server') return []
  return ['client_arch', 'client_root', 'client_swap', 'num_clients'].flatMap((keyword) =>
    linesWith(profile, keyword).map((line) =>
      at(line, wrong(`${keyword} is for servers, expected system_type server`)),
    ),
  )
}

const mountPointsOnce: WholeRule = (profile) => {
  const seen = new Map<string, number>()
  return linesWith(profile, 'filesys').flatMap((line) => {
    const mount = line.words.find((word) => word.startsWith('/'))
    if (mount === undefined) return []
    const before = seen.get(mount)
    if (before === undefined) {
      seen.set(mount, line.line)
      return []
    }
    return [
      at(line, wrong(`filesys: ${mount} is mounted in line ${before} too, expected each mount point once`)),
    ]
  })
}

const rules: readonly WholeRule[] = [
  flashNeedsArchive,
  zfsTypes,
  bootenvNeedsPool,
  oneGroup,
  disksOnce,
  sizesFitPartitioning,
  serversOnly,
  mountPointsOnce,
]
