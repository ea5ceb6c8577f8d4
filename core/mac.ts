// MAC addresses in every common spelling, whole or only their beginning, as kayak asks by them (jumpstart.md 6.1).
import { z } from 'zod'

const WHOLE = 12

/**
 * The digits in upper case of an address or of its beginning; undefined for what is neither. With `:` zeros may be left out, as
 * Solaris writes it: `8:0:27` is `080027`. With `-` only in a whole address, which shows where they were.
 */
export function macDigits(text: string): string | undefined {
  if (text.length > 32) return undefined
  const digits = digitsOf(text)
  return digits !== undefined && digits.length <= WHOLE ? digits.toUpperCase() : undefined
}

function digitsOf(text: string): string | undefined {
  if (/^[0-9a-f]+$/i.test(text)) return text
  const hasOctets =
    /^[0-9a-f]{1,2}(:[0-9a-f]{1,2})+$/i.test(text) || /^[0-9a-f]{1,2}(-[0-9a-f]{1,2}){5}$/i.test(text)
  if (hasOctets)
    return text
      .split(/[:-]/)
      .map((octet) => octet.padStart(2, '0'))
      .join('')
  const isPairs = /^[0-9a-f]{2}(-[0-9a-f]{2})+$/i.test(text)
  const isFours = /^([0-9a-f]{4}\.)+[0-9a-f]{1,4}$/i.test(text)
  return isPairs || isFours ? text.replaceAll(/[-.]/g, '') : undefined
}

/** Whether the digits are a whole address, not the beginning of one. */
export function isWholeMac(digits: string): boolean {
  return digits.length === WHOLE
}

/** The digits of what begins addresses and is none itself: `08:00:27`; undefined for anything else. */
export function macPrefixDigits(text: string): string | undefined {
  const digits = macDigits(text)
  return digits !== undefined && !isWholeMac(digits) ? digits : undefined
}

/**
 * An address as somebody gives it, kept as `00:11:22:0a:0b:0c`: `0:11:22:a:b:c`, `00-11-…`, `0011.220a.0b0c`, `0011220a0b0c`. Who
 * writes `-` leaves no zeros out, so one digit there is one that is missing.
 */
export const MacAddress = z.string().transform((text, context) => {
  const digits = /(^|-)[0-9a-f](-|$)/i.test(text) ? undefined : macDigits(text)
  if (digits !== undefined && isWholeMac(digits))
    return digits.toLowerCase().replaceAll(/..(?=.)/g, (octet) => `${octet}:`)
  context.addIssue(`expected a MAC address such as 00:11:22:0a:0b:0c, got ${JSON.stringify(text)}`)
  return z.NEVER
})

/** Why no interface has the address, as MacAddress gives it; undefined: one may. Zeros stand for none, an odd first octet for many. */
export function macProblem(mac: string): string | undefined {
  const isNone = mac === '00:00:00:00:00:00'
  const isGroup = Number.parseInt(mac.slice(0, 2), 16) % 2 === 1
  if (!isNone && !isGroup) return undefined
  const what = isNone ? 'no address' : mac === 'ff:ff:ff:ff:ff:ff' ? 'everybody’s' : 'that of a group'
  return `${mac} is ${what}, expected one of an interface`
}
