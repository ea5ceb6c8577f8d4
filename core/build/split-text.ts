/** Text in pieces of at most `most` bytes (UTF-8), cut behind a line where there is one. */
export function splitText(text: string, most: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest !== '') {
    // A character has at most 3 bytes for each unit of the string.
    const fits = rest.length * 3 <= most ? rest.length : cut(rest, Math.floor(most / 3))
    pieces.push(rest.slice(0, fits))
    rest = rest.slice(fits)
  }
  return pieces
}

/** Behind the last line that ends before `most` units, else before a character. */
function cut(text: string, most: number): number {
  if (text.length <= most) return text.length
  const line = text.lastIndexOf('\n', most - 1) + 1
  if (line > 0) return line
  return (text.codePointAt(most - 1) ?? 0) > 0xffff ? most - 1 : most
}
