// What zonecfg says of a value when it is set; undefined when it takes it (zones.md 2.5 and 2.6).
import { aliasRule } from './rctl-alias.ts'
import { parseMemorySize } from './memory-size.ts'
import { cpuCap, type RctlValue, type ResourceKind } from './resources.ts'

const oneMegabyte = 1024n * 1024n
const most = 2n ** 64n

/** The part of a zonepath's check that needs no file system. */
export function checkZonepath(path: string): string | undefined {
  if (!path.startsWith('/')) return `${path} is not an absolute path.`
  return path === '/' ? '/ is not allowed as a zonepath.' : undefined
}

/** At most ten characters of hex, 32 bits, and not the value that means none. */
export function checkHostid(hostid: string): string | undefined {
  if (hostid.length > 10) return `hostid string is too large: ${hostid}`
  const digits = /^(?:0[xX])?([0-9A-Fa-f]+)$/.exec(hostid)?.[1]
  const value = digits === undefined ? NaN : Number.parseInt(digits, 16)
  return value < 0xffffffff ? undefined : 'hostid: Specified hostid is invalid'
}

/** The limit to store for an alias, or why there is none. */
export function aliasLimit(name: string, value: string): { limit: string } | { refusal: string } {
  const rule = aliasRule(name)
  const memory = rule?.memory ? parseMemorySize(value) : undefined
  if (rule?.memory && memory === undefined) {
    return {
      refusal: 'A non-negative number with a required scale suffix (K, M, G or T) was expected\nhere.',
    }
  }
  const limit = memory ?? (/^[0-9]{1,20}$/.test(value) ? BigInt(value) : -1n)
  if (!rule || limit < rule.minimum || limit >= most) return { refusal: `${name} property is out of range.` }
  return { limit: String(limit) }
}

/** A property of a resource as it is set: the value to keep, or why it is refused. */
export function resourceValue(
  kind: ResourceKind,
  property: string,
  value: string,
  ipType: 'shared' | 'exclusive',
): { keep: string } | { refusal: string } {
  if (kind === 'capped-memory') return memoryLimit(property, value)
  const refusal = checkResourceValue(kind, property, value, ipType)
  return refusal === undefined ? { keep: value } : { refusal }
}

function memoryLimit(property: string, value: string): { keep: string } | { refusal: string } {
  const bytes = parseMemorySize(value)
  if (bytes === undefined) {
    return {
      refusal:
        property === 'locked'
          ? 'A non-negative number with a required scale suffix (K, M, G or T) was expected\nhere.'
          : 'A positive number with a required scale suffix (K, M, G or T) was expected here.',
    }
  }
  const least = { physical: 1n, swap: 50n }[property]
  if (least !== undefined && bytes < least * oneMegabyte) {
    return { refusal: `${property} value is too small.  It must be at least ${least}M.` }
  }
  return { keep: String(bytes) }
}

function checkResourceValue(
  kind: ResourceKind,
  property: string,
  value: string,
  ipType: 'shared' | 'exclusive',
): string | undefined {
  const outOfRange = `${property} property is out of range.`
  if (kind === 'fs' && property === 'type') {
    const usable =
      value !== '' && !value.includes('/') && value !== '.' && value !== '..' && value.length < 256
    return usable ? undefined : `"${value}" is not a valid type.`
  }
  if (kind === 'net' && property === 'physical') return checkPhysical(value, ipType)
  if (kind === 'net' && ['address', 'allowed-address', 'defrouter'].includes(property))
    return checkAddress(value)
  if (kind === 'net' && property === 'vlan-id') {
    return /^[0-9]{1,4}$/.test(value) && Number(value) <= 4094 ? undefined : outOfRange
  }
  if (kind === 'rctl' && property === 'name') {
    return /^zone\.[a-z][a-z0-9-]*$/.test(value) ? undefined : `'${value}' is not a valid zone rctl name.`
  }
  if (kind === 'dedicated-cpu' && property === 'importance') return isUint(value) ? undefined : outOfRange
  if (kind === 'dedicated-cpu') {
    const [, low = '', high = low] = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(value) ?? []
    return low !== '' && Number(low) >= 1 && Number(low) <= Number(high) ? undefined : outOfRange
  }
  if (kind === 'capped-cpu') return cpuCap(value) === '' ? outOfRange : undefined
  return undefined
}

/** `IPv4[/0-32]`, `IPv6/0-128` or `hostname[/0-32]`. */
export function checkAddress(address: string): string | undefined {
  const [host = '', ...rest] = address.split('/')
  const prefix = rest.length > 0 ? rest.join('/') : undefined
  if (isIpv6(host)) {
    if (prefix === undefined) return `${address}: IPv6 addresses require /prefix-length suffix.`
    return isPrefix(prefix, 128) ? undefined : `${address}: IPv6 address prefix lengths must be 0 - 128.`
  }
  if (prefix !== undefined && !isPrefix(prefix, 32)) {
    return `${address}: IPv4 address prefix lengths must be 0 - 32.`
  }
  return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(host)
    ? undefined
    : `${host}: bogus host name or network address syntax`
}

function checkPhysical(name: string, ipType: 'shared' | 'exclusive'): string | undefined {
  if (/^[A-Za-z][A-Za-z0-9_.]{0,29}[0-9]$/.test(name)) return undefined
  if (!name.includes(':')) return `${name}: invalid physical interface name`
  return ipType === 'shared'
    ? `${name}: LUNs not allowed in physical interface names`
    : `${name}: physical interface name required; logical interface name not allowed`
}

/** Whether a value of an rctl looks roughly right; more is only known where the zone boots. */
export function isRctlValue({ priv, limit, action }: RctlValue): boolean {
  return (
    ['basic', 'privileged', 'system'].includes(priv) && isUint(limit) && ['none', 'deny'].includes(action)
  )
}

/** What `end` says of an attr. */
export function checkAttr(name: string, type: string, value: string): string[] {
  const refusals: string[] = []
  if (!/^[A-Za-z0-9]/.test(name)) {
    refusals.push(`Invalid attr name ${name}: must start with an alpha-numeric character.`)
  } else if (!/^[A-Za-z0-9.-]*$/.test(name)) {
    refusals.push(`Invalid attr name ${name}: can only contain alpha-numeric characters, plus '-' and '.'.`)
  } else if (name.startsWith('zone')) {
    refusals.push(`Invalid attr name ${name}: names that begin with zone are reserved.`)
  }
  const checks: Record<string, (text: string) => boolean> = {
    boolean: (text) => text === 'true' || text === 'false',
    int: (text) => /^[+-]?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text),
    uint: isUint,
    string: (text) => text.length < 256,
  }
  const check = Object.hasOwn(checks, type) ? checks[type] : undefined
  if (!check) refusals.push(`invalid attr type '${type}'`)
  else if (!check(value)) refusals.push(`invalid attr value for type=${type}`)
  return refusals
}

/** A dataset that can be delegated: a file system, neither a snapshot nor a bookmark. */
export function isDatasetName(name: string): boolean {
  return name.length < 256 && /^[A-Za-z][A-Za-z0-9_.: -]*(\/[A-Za-z0-9_.: -]+)*$/.test(name)
}

function isUint(text: string): boolean {
  return /^[0-9]{1,20}$/.test(text) && BigInt(text) < most
}

function isPrefix(text: string, maximum: number): boolean {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= maximum
}

function isIpv6(text: string): boolean {
  return text.includes(':') && URL.canParse(`http://[${text}]/`)
}
