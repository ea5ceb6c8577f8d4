// IPv4 arithmetic for a zone's addresses: the prefix that is meant, and the address that the host takes on the same subnet.

function toNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

/** An address and its prefix; without one the class of the address decides, as netmasks(5) does by default. */
export function splitAddress(text: string): { address: string; prefix: number } {
  const [address = '', prefix] = text.split('/')
  if (prefix !== undefined) return { address, prefix: Number(prefix) }
  if (address.includes(':')) return { address, prefix: 128 }
  const first = Number(address.split('.')[0])
  return { address, prefix: first < 128 ? 8 : first < 192 ? 16 : 24 }
}

/** Whether both IPv4 addresses are in the subnet of the first. */
export function isSameSubnet(address: string, prefix: number, other: string): boolean {
  const size = 2 ** (32 - prefix)
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(other) / size)
}

/** The highest usable address of a subnet that is not taken; undefined when the subnet has no room (/31, /32). */
export function highestFreeAddress(
  address: string,
  prefix: number,
  taken: ReadonlySet<string>,
): string | undefined {
  const size = 2 ** (32 - prefix)
  const first = Math.floor(toNumber(address) / size) * size
  for (let number = first + size - 2; number > first; number--) {
    if (!taken.has(toAddress(number))) return toAddress(number)
  }
  return undefined
}
