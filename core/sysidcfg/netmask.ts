// `192.0.2.10/24` as sysidcfg wants it: address and netmask apart.

/** @returns undefined unless the text is an IPv4 address with an optional prefix length (default 24) */
export function splitAddress(text: string): { ip: string; netmask: string } | undefined {
  const [, ip, prefix = '24'] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/(\d{1,2}))?$/.exec(text) ?? []
  const bits = Number(prefix)
  if (ip === undefined || bits > 32) return undefined
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
  return { ip, netmask: [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.') }
}
