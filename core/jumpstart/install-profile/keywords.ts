// The keywords of install profiles: where each is legal, how often, and what its words are (jumpstart.md 2.2).
import { checkArchiveLocation } from './archive-location.ts'
import { checkFdisk, checkFilesys, checkLayoutConstraint, checkMetadb } from './file-systems.ts'
import { installTypes, type InstallType } from './profile.ts'
import { checkBackupMedia, checkCluster, checkDirectoryPath, checkPackage, checkPatch } from './software.ts'
import {
  among,
  complain,
  countComplaint,
  disk,
  expecting,
  folded,
  inOrder,
  megabytes,
  orElse,
  slice,
  wholeNumber,
  type CheckWords,
} from './words.ts'
import { checkBootenv, checkPool } from './zfs-root.ts'

/** `warned`: not by the manual, but deployed and working. */
export type ZfsLegality = 'yes' | 'no' | 'warned'

export interface ProfileKeyword {
  types: readonly InstallType[]
  /** in a profile with a pool */
  zfs: ZfsLegality
  /** may stand more than once */
  repeats: boolean
  check: CheckWords
}

type Letters = `${'I' | ''}${'U' | ''}${'F' | ''}${'D' | ''}`
const letterOf = { initial_install: 'I', upgrade: 'U', flash_install: 'F', flash_update: 'D' } as const

function keyword(
  letters: Letters,
  zfs: ZfsLegality,
  check: CheckWords,
  { repeats = false }: { repeats?: boolean } = {},
): ProfileKeyword {
  const types = installTypes.filter((type) => letters.includes(letterOf[type]))
  return { types, zfs, repeats, check }
}

const geos = [
  'N_Africa',
  'C_America',
  'N_America',
  'S_America',
  'Asia',
  'Ausi',
  'C_Europe',
  'E_Europe',
  'N_Europe',
  'S_Europe',
  'W_Europe',
  'M_East',
]
const localeName = expecting(/^[A-Za-z][A-Za-z0-9_.@-]{0,63}$/, 'the name of a locale such as en_US.UTF-8')
const platform = expecting(/^[a-z0-9]+(\.[a-z0-9_]+)?$/i, 'a platform group such as sun4u')
/** of fdisk, on x86 */
const partition = expecting(
  /^c[0-9]{1,4}(t[0-9]{1,4})?d[0-9]{1,4}p[1-4]$/,
  'a partition as cXtYdZpN or cXdZpN',
)
const nothing = inOrder()
const many = { repeats: true }

/** As many disks as a line has. */
const disks: CheckWords = (words) =>
  words.length === 0 ? [countComplaint(0, ['disk'])] : words.flatMap((word) => complain('disk', word, disk))

const byName: Readonly<Record<string, ProfileKeyword>> = {
  install_type: keyword('IUFD', 'yes', inOrder(['install_type', folded(among(...installTypes))])),
  archive_location: keyword('FD', 'yes', checkArchiveLocation, many),
  backup_media: keyword('U', 'no', checkBackupMedia),
  boot_device: keyword(
    'I',
    'yes',
    inOrder(
      ['device', orElse(slice, partition, disk, among('existing', 'any'))],
      ['what becomes of the EEPROM', among('preserve', 'update')],
    ),
  ),
  bootenv: keyword('I', 'yes', checkBootenv),
  client_arch: keyword(
    'I',
    'no',
    (words) =>
      words.length === 0
        ? [countComplaint(0, ['platform group'])]
        : words.flatMap((word) => complain('platform group', word, platform)),
    many,
  ),
  client_root: keyword('I', 'no', inOrder(['size', megabytes])),
  client_swap: keyword('I', 'no', inOrder(['size', megabytes])),
  cluster: keyword('IU', 'yes', checkCluster, many),
  dontuse: keyword('I', 'yes', disks, many),
  fdisk: keyword('IF', 'yes', checkFdisk, many),
  filesys: keyword('IF', 'yes', checkFilesys, many),
  forced_deployment: keyword('D', 'no', nothing),
  geo: keyword('IU', 'yes', inOrder(['geo', among(...geos)]), many),
  layout_constraint: keyword('U', 'no', checkLayoutConstraint, many),
  local_customization: keyword('FD', 'no', checkDirectoryPath),
  locale: keyword('IU', 'yes', inOrder(['locale', localeName]), many),
  metadb: keyword('IF', 'no', checkMetadb, many),
  no_content_check: keyword('D', 'no', nothing),
  no_master_check: keyword('D', 'no', nothing),
  num_clients: keyword('I', 'no', inOrder(['clients', wholeNumber(1, 10_000)])),
  package: keyword('IU', 'yes', checkPackage, many),
  partitioning: keyword(
    'IF',
    'no',
    inOrder(['partitioning', folded(among('default', 'existing', 'explicit'))]),
  ),
  patch: keyword('IU', 'no', checkPatch, many),
  pool: keyword('IF', 'yes', checkPool),
  root_device: keyword('IUF', 'yes', inOrder(['slice', slice])),
  system_type: keyword('I', 'warned', inOrder(['system_type', folded(among('standalone', 'server'))])),
  usedisk: keyword('IF', 'yes', disks, many),
}

export const profileKeywordNames = Object.keys(byName)

/** `name` in lower case */
export function findProfileKeyword(name: string): ProfileKeyword | undefined {
  return Object.hasOwn(byName, name) ? byName[name] : undefined
}
