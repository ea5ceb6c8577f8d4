// Words of JumpStart that both rules and install profiles use (jumpstart.md 1.3, 2.2).

/** `c0t0d0`, `c1d0`, `c0t600A0B80002FC3D0d0` */
export const DISK = /^c[0-9]{1,4}(t([0-9]{1,4}|[0-9A-F]{12,40}))?d[0-9]{1,4}$/

/** `c0t0d0s0`; slices are 0 to 7 */
export const SLICE = /^c[0-9]{1,4}(t([0-9]{1,4}|[0-9A-F]{12,40}))?d[0-9]{1,4}s[0-7]$/

export const DISK_FORMS = 'cXtYdZ or cXdZ'
export const SLICE_FORMS = 'cXtYdZsN or cXdZsN'

/** The disk of a slice; a disk is its own. */
export const diskOf = (device: string): string => device.replace(/s[0-7]$/, '')

/** Solaris_10, Solaris_2.6 */
export const SOLARIS = /^Solaris_[0-9]{1,2}(\.[0-9]{1,2}){0,2}$/

/** `192.0.2.0` */
export const IPV4 =
  /^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$/

/** Whole numbers that are exact. */
export const NUMBER = /^[0-9]{1,12}$/

/** `low-high`, both ends inclusive; undefined when it is none */
export function rangeOf(text: string): { low: number; high: number } | undefined {
  const parts = /^([0-9]{1,12})-([0-9]{1,12})$/.exec(text)
  return parts ? { low: Number(parts[1]), high: Number(parts[2]) } : undefined
}
