// Files of a zone of which one line is changed and every other byte stays, as the awk of finish-scripts/identity.sh does it.

/** etc/shadow with `hash` as root's password. */
export function withRootPassword(shadow: Uint8Array, hash: string): Uint8Array {
  return withLines(shadow, (lines) =>
    lines.map((line) => {
      const [name, , ...rest] = line.split(':')
      return name === 'root' ? [name, bytesOf(hash), ...rest].join(':') : line
    }),
  )
}

/** etc/default/init with `timezone` as the last line. */
export function withTimezone(init: Uint8Array, timezone: string): Uint8Array {
  return withLines(init, (lines) => [
    ...lines.filter((line) => !line.startsWith('TZ=')),
    `TZ=${bytesOf(timezone)}`,
  ])
}

/** The lines that are comments. */
export function commentsOf(hosts: Uint8Array): Uint8Array {
  return withLines(hosts, (lines) => lines.filter((line) => line.startsWith('#')))
}

/** Characters stand for bytes here, so that no encoding matters. Every line gets an end. */
function withLines(bytes: Uint8Array, change: (lines: string[]) => string[]): Uint8Array {
  const lines = Array.from(bytes, (byte) => String.fromCharCode(byte))
    .join('')
    .split('\n')
  if (lines.at(-1) === '') lines.pop()
  const text = change(lines)
    .map((line) => `${line}\n`)
    .join('')
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function bytesOf(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}
