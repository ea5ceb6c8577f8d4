/** MAC addresses as kayak asks by them: whole, or their first digits (jumpstart.md 6.1). */

const DIGITS = 12

/** In any common spelling, as upper-case digits: `0:11:22` of a whole address gets its zeros; undefined for what is none. */
export function macDigits(text: string): string | undefined {
  if (text.length > 32) return undefined
  const octets = text.split(/[:-]/)
  const isWhole = octets.length === 6 && octets.every((octet) => /^[0-9a-f]{1,2}$/i.test(octet))
  const digits = isWhole
    ? octets.map((octet) => octet.padStart(2, '0')).join('')
    : text.replaceAll(/[:.-]/g, '')
  return /^[0-9a-f]{1,12}$/i.test(digits) ? digits.toUpperCase() : undefined
}

/** Whether the digits are a whole address, not the beginning of one. */
export function isWholeMac(digits: string): boolean {
  return digits.length === DIGITS
}
