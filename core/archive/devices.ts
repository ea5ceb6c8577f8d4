// Device nodes that a zone's root may carry: those that every zone has anyway.

/** `major,minor` by name: Linux first, then Solaris and illumos, where only the mm driver's numbers are fixed. */
const allowed: Record<string, readonly string[]> = {
  null: ['1,3', '13,2'],
  zero: ['1,5', '13,12'],
  full: ['1,7'],
  random: ['1,8'],
  urandom: ['1,9'],
  tty: ['5,0'],
  console: ['5,1', '0,0'],
  ptmx: ['5,2'],
}

export interface DeviceNumbers {
  major: number
  minor: number
}

/** The numbers in `major,minor`. What is no number, or missing, comes out as NaN. */
export function parseDevice(text: string): DeviceNumbers {
  const [major = NaN, minor = NaN] = text.split(',').map(Number)
  return { major, minor }
}

/** The numbers with which a character device may stand at `path`, relative to the archive; none when it may not at all. */
export function allowedDevices(path: string): readonly string[] {
  const name = /^(?:root\/)?dev\/([a-z]+)$/.exec(path)?.[1]
  return (name !== undefined && Object.hasOwn(allowed, name) ? allowed[name] : undefined) ?? []
}

/** Whether it is a node that a host makes anew, as systems of before had thousands of: below dev/ or devices/, and none of the usual ones. */
export function isHostDevice({ type, path, device }: HostDeviceMember): boolean {
  if (type !== 'block' && type !== 'character') return false
  if (type === 'character' && device !== undefined && allowedDevices(path).includes(device)) return false
  return /^(?:root\/)?(?:dev|devices)\//.test(path)
}

interface HostDeviceMember {
  type: string
  /** relative, in its one spelling */
  path: string
  device?: string | undefined
}
