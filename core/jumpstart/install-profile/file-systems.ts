// Slices, mirrors, replicas and partitions of UFS systems (jumpstart.md 2.2).
import { wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { checkOptions } from './options.ts'
import {
  among,
  complain,
  countComplaint,
  disk,
  expecting,
  folded,
  hostName,
  inOrder,
  megabytes,
  orElse,
  slice,
  wholeNumber,
  type CheckWords,
} from './words.ts'

const anySlice = folded(orElse(slice, expecting(/^rootdisk\.s[0-7]$/, 'rootdisk.sN'), among('any')))
const cylinders = expecting(/^[0-9]{1,9}:[0-9]{1,9}$/, 'startcylinder:cylinders')
const size = orElse(megabytes, folded(among('existing', 'auto', 'all', 'free')), cylinders)
const special = ['swap', 'overlap', 'unnamed', 'ignore']
const mountPoint = orElse(
  expecting(/^\/[!-~]{0,1022}$/, 'a mount point that begins with /'),
  folded(among(...special)),
)
const mountOptions = expecting(/^[a-z][a-z0-9_=,.-]{0,255}$/i, 'mount options with commas between them')

/** A local file system, a mirror, or one of a server. */
export const checkFilesys: CheckWords = (words) => {
  const first = words[0] ?? ''
  if (first === 'mirror' || first.startsWith('mirror:')) return checkMirror(words)
  if (isRemote(first)) return checkRemote(words)
  return checkLocal(words)
}

export const isRemote = (first: string): boolean => first.includes(':/')

/** `c0t0d0s0 2048 / logging` */
function checkLocal(words: readonly string[]): Complaint[] {
  const [device, sizeWord, mount, ...options] = words
  if (device === undefined || sizeWord === undefined || words.length > 5)
    return [countComplaint(words.length, ['slice', 'size', '[mount point]', '[options]'])]
  return [
    ...complain('slice', device, anySlice),
    ...complain('size', sizeWord, size),
    ...(mount === undefined ? [] : checkMount(mount, options, sizeWord)),
  ]
}

/** `preserve` may stand before mount options. */
function checkMount(mount: string, options: readonly string[], sizeWord: string): Complaint[] {
  const preserves = options[0] === 'preserve'
  const rest = preserves ? options.slice(1) : options
  const complaints = complain('mount point', mount, mountPoint)
  if (preserves && sizeWord.toLowerCase() === 'auto')
    complaints.push(wrong('preserve goes with size auto, expected size existing'))
  if (rest.length > 1)
    complaints.push(wrong(`${quoted(rest[1] ?? '')} follows, expected the end of the line`))
  else complaints.push(...rest.flatMap((word) => complain('mount options', word, mountOptions)))
  if (special.includes(mount.toLowerCase()) && rest.length > 0)
    complaints.push(wrong(`mount options follow ${mount}, which is not mounted, expected none`))
  return complaints
}

/** `mirror:d10 c0t0d0s0 c0t1d0s0 4096 /` */
function checkMirror(words: readonly string[]): Complaint[] {
  const [name = '', first, second = '', ...more] = words
  const isTwo = slice(second) === undefined
  const [sizeWord, mount, ...options] = isTwo ? more : [second, ...more]
  if (first === undefined || !sizeWord || mount === undefined || options.length > 2)
    return [
      countComplaint(words.length, ['mirror[:dN]', 'slice', '[slice]', 'size', 'mount point', '[options]']),
    ]
  const complaints = [
    ...complain(
      'mirror',
      name,
      expecting(/^mirror(:d([0-9]{1,2}|1[01][0-9]|12[0-7]))?$/, 'mirror or mirror:dN, N from 0 to 127'),
    ),
    ...complain('slice', first, slice),
    ...complain('size', sizeWord, size),
    ...checkMount(mount, options, sizeWord),
  ]
  if (isTwo && first === second) complaints.push(wrong(`both slices are ${first}, expected two of them`))
  return complaints
}

/** `server:/export/home - /home ro` */
function checkRemote(words: readonly string[]): Complaint[] {
  if (words.length < 3 || words.length > 4)
    return [countComplaint(words.length, ['server:path', 'address or -', 'mount point', '[options]'])]
  const [source = '', address = '', mount = '', options] = words
  const colon = source.indexOf(':')
  return [
    ...complain('server', source.slice(0, colon), hostName),
    ...complain('address', address, orElse(among('-'), expecting(/^[0-9A-Fa-f.:]{2,45}$/, 'an IP address'))),
    ...complain('mount point', mount, expecting(/^\/[!-~]{0,1022}$/, 'a mount point that begins with /')),
    ...(options === undefined ? [] : complain('mount options', options, mountOptions)),
  ]
}

/** `c0t0d0s7 size 8192 count 3` */
export const checkMetadb: CheckWords = ([first = '', ...options]) => [
  ...complain('slice', first, slice),
  ...checkOptions(options, {
    size: [['size', wholeNumber(1, 1_000_000)]],
    count: [['count', wholeNumber(1, 50)]],
  }),
]

/** `rootdisk solaris maxfree` */
export const checkFdisk = inOrder(
  ['disk', orElse(disk, folded(among('rootdisk', 'all')))],
  ['partition type', folded(partitionType)],
  ['size', orElse(megabytes, folded(among('all', 'maxfree', 'delete')))],
)

function partitionType(word: string): string | undefined {
  if (word === 'solaris' || word === 'dosprimary' || /^0x[0-9A-Fa-f]{1,2}$/.test(word)) return undefined
  return wholeNumber(1, 255)(word) && 'solaris, dosprimary, a number from 1 to 255 or 0xHH'
}

/** `c0t0d0s5 changeable 100` */
export const checkLayoutConstraint: CheckWords = (words) => {
  const [first = '', kind = '', least, ...rest] = words
  const complaints = [
    ...complain('slice', first, slice),
    ...complain('constraint', kind, folded(among('changeable', 'movable', 'available', 'collapse'))),
  ]
  if (least !== undefined && kind.toLowerCase() !== 'changeable')
    complaints.push(wrong(`${quoted(least)} follows ${kind}, expected the end of the line`))
  else if (least !== undefined) complaints.push(...complain('smallest size', least, megabytes))
  if (rest.length > 0)
    complaints.push(wrong(`${quoted(rest[0] ?? '')} follows, expected the end of the line`))
  return complaints
}
