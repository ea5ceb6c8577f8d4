// Sizes of memory as zonecfg takes and shows them: a number with K, M, G or T (zones.md 2.5).

const units = 'KMGT'

/** Bytes of `512M`, `1.5g`; undefined when the suffix is missing or it is no such size. */
export function parseMemorySize(text: string): bigint | undefined {
  const [, number, unit = ''] = /^([0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})([KMGT])$/i.exec(text) ?? []
  if (number === undefined) return undefined
  const scale = 1024n ** BigInt(units.indexOf(unit.toUpperCase()) + 1)
  const [whole = '', fraction = ''] = number.split('.')
  const decimals = 10n ** BigInt(fraction.length)
  const scaled = (BigInt(whole || '0') * decimals + BigInt(fraction || '0')) * scale
  // to the nearest byte
  const bytes = (scaled + decimals / 2n) / decimals
  return bytes < 2n ** 64n ? bytes : undefined
}

/** As `info` and `export` show a limit: the largest unit that leaves a number below 1024, one decimal below ten. */
export function showMemorySize(bytes: string): string {
  let number = /^[0-9]{1,20}$/.test(bytes) ? BigInt(bytes) : 0n
  let unit = -1
  let before = 0n
  while (number >= 1024n && unit < units.length - 1) {
    unit += 1
    before = number
    number = (number + 512n) >> 10n
  }
  if (unit < 0) return String(number)
  if (before % 1024n !== 0n && before >> 10n < 10n)
    return `${(Number(before) / 1024).toFixed(1)}${units[unit]}`
  return `${number}${units[unit]}`
}

/** A size that reads back as exactly these bytes, for text that is to be replayed. */
export function exactMemorySize(bytes: string): string {
  let number = BigInt(bytes)
  let unit = 0
  while (number % 1024n === 0n && number >= 1024n * 1024n && unit < units.length - 1) {
    number /= 1024n
    unit += 1
  }
  const whole = number >> 10n
  const rest = number & 1023n
  // a 1024th has at most ten decimals
  const fraction =
    rest === 0n
      ? ''
      : `.${String((rest * 10n ** 10n) / 1024n)
          .padStart(10, '0')
          .replace(/0+$/, '')}`
  return `${whole}${fraction}${units[unit]}`
}
