// A root pool and its first boot environment (jumpstart.md 2.4).
import { DISK } from '../names.ts'
import { counted } from '../problem.ts'
import { wrong, type Complaint } from '../../problem.ts'
import { quoted } from '../../quoted.ts'
import { among, complain, countComplaint, expecting, orElse, slice, type CheckWords } from './words.ts'

const poolName = (word: string): string | undefined =>
  /^[A-Za-z][A-Za-z0-9_.:-]{0,254}$/.test(word) && !/^(mirror|raidz|spare|log$|c[0-9])/.test(word)
    ? undefined
    : 'the name of a pool, which begins with a letter and is no word of zpool'
const number = expecting(/^[1-9][0-9]{0,11}[gG]?$/, 'a number of MB, or of GB with g')
const poolSize = orElse(number, among('auto', 'existing'))
const volumeSize = orElse(number, among('auto'))

/** `rpool auto auto auto mirror c0t0d0s0 c0t1d0s0` */
export const checkPool: CheckWords = (words) => {
  const [name, size, swap, dump, ...devices] = words
  if (
    name === undefined ||
    size === undefined ||
    swap === undefined ||
    dump === undefined ||
    devices.length === 0
  )
    return [countComplaint(words.length, ['pool', 'size', 'size of swap', 'size of dump', 'devices'])]
  return [
    ...complain('pool', name, poolName),
    ...complain('size', size, poolSize),
    ...complain('size of swap', swap, volumeSize),
    ...complain('size of dump', dump, volumeSize),
    ...checkDevices(devices),
  ]
}

function checkDevices(devices: readonly string[]): Complaint[] {
  const [first = '', ...members] = devices
  if (first.startsWith('raidz'))
    return [
      wrong(`the devices are ${quoted(first)}, expected one slice or a mirror: a root pool is no raidz`),
    ]
  if (first !== 'mirror') {
    if (members.length > 0)
      return [
        wrong(
          `${quoted(members[0] ?? '')} follows the slice, expected the end of the line, or mirror before both`,
        ),
      ]
    return checkDevice(first)
  }
  if (members.length < 2)
    return [wrong(`the mirror has ${counted(members.length, 'slice')}, expected at least 2`)]
  const isAny = members.map((member) => member === 'any')
  if (isAny.includes(true) && (isAny.includes(false) || members.length > 2))
    return [wrong(`the mirror is ${quoted(members.join(' '))}, expected slices, or any any`)]
  if (!isAny.includes(true) && new Set(members).size < members.length)
    return [wrong(`the mirror is ${quoted(members.join(' '))}, expected each slice once`)]
  return members.flatMap(checkDevice)
}

function checkDevice(device: string): Complaint[] {
  if (DISK.test(device))
    return [wrong(`the device is the whole disk ${device}, expected a slice such as ${device}s0`)]
  return complain('device', device, orElse(slice, among('any')))
}

/** `installbe bename s10base dataset /var` */
export const checkBootenv: CheckWords = (words) => {
  const [install = '', bename = '', name, ...rest] = words
  if (name === undefined)
    return [countComplaint(words.length, ['installbe', 'bename', 'name', '[dataset /var]'])]
  const complaints = [
    ...complain('the first word', install, among('installbe')),
    ...complain('the second word', bename, among('bename')),
    ...complain(
      'the boot environment',
      name,
      expecting(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'a name of letters, digits, _ . -'),
    ),
  ]
  if (rest.length > 0 && rest.join(' ') !== 'dataset /var')
    complaints.push(wrong(`${quoted(rest.join(' '))} follows, expected dataset /var or nothing`))
  return complaints
}
