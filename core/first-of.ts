/** `a; b and 3 more`: the first `most` of the texts, and how many there are besides. */
export function firstOf(texts: readonly string[], most: number, between = '; '): string {
  const more = texts.length > most ? ` and ${texts.length - most} more` : ''
  return `${texts.slice(0, most).join(between)}${more}`
}
