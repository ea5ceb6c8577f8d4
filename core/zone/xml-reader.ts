// Reads the small part of XML that zone documents use. Written out rather than taken from a library because these
// documents come out of uploaded archives: whatever is not elements and attributes is refused, entities are never expanded.
import { ProvisionError } from '../errors.ts'

export interface XmlElement {
  tag: string
  attributes: Map<string, string>
  children: XmlElement[]
}

/** A manifest of a full Solaris installation has about 3 000 items; these bounds leave room and still stop a bomb. */
export const xmlLimits = { characters: 16 * 1024 * 1024, depth: 4, elements: 200_000, attributes: 32 }

const space = /[ \t\r\n]+/y
const nameToken = /[A-Za-z_][A-Za-z0-9._-]*/y
const attributeValue = /"([^"<]*)"|'([^'<]*)'/y
const doctype =
  /<!DOCTYPE[ \t\r\n]+([A-Za-z_][A-Za-z0-9._-]*)(?:[ \t\r\n]+(?:PUBLIC[ \t\r\n]+(?:"[^"<>]*"|'[^'<>]*')|SYSTEM)[ \t\r\n]+(?:"[^"<>]*"|'[^'<>]*'))?[ \t\r\n]*>/y
const declaration = /<\?xml[ \t\r\n][^<>?]*\?>/y
const reference = /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot|apos));|&/g
const predefined: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
/** What XML 1.0 calls Char. */
export const xmlText = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u

/**
 * Parses a document whose root is `rootTag`.
 * @throws ZoneXmlInvalid when it is not well formed, or uses what a zone document never has (text, CDATA, an internal DTD subset)
 * @throws ZoneXmlTooLarge beyond {@link xmlLimits}
 */
export function readXml(text: string, rootTag: string): XmlElement {
  if (text.length > xmlLimits.characters) {
    throw tooLarge(`zone document has ${text.length} characters, at most ${xmlLimits.characters} are read`)
  }
  const scanner = new Scanner(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  if (!xmlText.test(text)) throw scanner.refuse('a character that XML does not allow')
  scanner.take(declaration)
  scanner.skipBlanksAndComments()
  const type = scanner.take(doctype)
  if (type && type[1] !== rootTag) throw scanner.refuse(`document type ${type[1]}, expected ${rootTag}`)
  scanner.skipBlanksAndComments()
  const root = readTree(scanner)
  if (root.tag !== rootTag) throw scanner.refuse(`root element <${root.tag}>, expected <${rootTag}>`)
  scanner.skipBlanksAndComments()
  if (!scanner.atEnd) throw scanner.refuse('something after the root element')
  return root
}

function readTree(scanner: Scanner): XmlElement {
  const open: XmlElement[] = []
  let count = 0
  for (;;) {
    scanner.skipBlanksAndComments()
    const parent = open.at(-1)
    if (parent && scanner.takeText('</')) {
      if (scanner.name() !== parent.tag)
        throw scanner.refuse(`an end tag that does not close <${parent.tag}>`)
      scanner.take(space)
      scanner.expect('>')
      open.pop()
      if (open.length === 0) return parent
      continue
    }
    scanner.expect('<')
    count += 1
    if (count > xmlLimits.elements)
      throw tooLarge(`zone document has more than ${xmlLimits.elements} elements`)
    const { element, closed } = readStartTag(scanner)
    parent?.children.push(element)
    if (closed && !parent) return element
    if (!closed) open.push(element)
    if (open.length > xmlLimits.depth)
      throw tooLarge(`zone document is nested deeper than ${xmlLimits.depth}`)
  }
}

function readStartTag(scanner: Scanner): { element: XmlElement; closed: boolean } {
  const element: XmlElement = { tag: scanner.name(), attributes: new Map(), children: [] }
  for (;;) {
    const blank = scanner.take(space)
    if (scanner.takeText('/>')) return { element, closed: true }
    if (scanner.takeText('>')) return { element, closed: false }
    if (!blank) throw scanner.refuse(`a malformed <${element.tag}> tag`)
    const name = scanner.name()
    if (element.attributes.has(name)) throw scanner.refuse(`attribute ${name} twice in <${element.tag}>`)
    if (element.attributes.size >= xmlLimits.attributes) {
      throw tooLarge(`<${element.tag}> has more than ${xmlLimits.attributes} attributes`)
    }
    scanner.take(space)
    scanner.expect('=')
    scanner.take(space)
    element.attributes.set(name, scanner.value())
  }
}

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at = pattern.lastIndex
    return match
  }

  takeText(literal: string): boolean {
    const found = this.#text.startsWith(literal, this.#at)
    if (found) this.#at += literal.length
    return found
  }

  expect(literal: string): void {
    if (!this.takeText(literal)) throw this.refuse(this.atEnd ? 'a sudden end' : `no "${literal}"`)
  }

  name(): string {
    const match = this.take(nameToken)
    if (!match) throw this.refuse('no name')
    return match[0]
  }

  value(): string {
    const match = this.take(attributeValue)
    if (!match) throw this.refuse('no quoted attribute value')
    // attribute-value normalisation of XML 1.0 3.3.3: literal blanks become spaces, referenced ones stay
    const raw = (match[1] ?? match[2] ?? '').replace(/\r\n|[\t\r\n]/g, ' ')
    return raw.replace(reference, (whole, hex: string, decimal: string, entity: string) => {
      if (entity) return predefined[entity] ?? ''
      const code = hex ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '', 10)
      const character = code <= 0x10ffff ? String.fromCodePoint(code) : ''
      if (character === '' || !xmlText.test(character)) throw this.refuse(`reference ${whole}`)
      return character
    })
  }

  skipBlanksAndComments(): void {
    this.take(space)
    while (this.takeText('<!--')) {
      const end = this.#text.indexOf('--', this.#at)
      if (end < 0 || this.#text[end + 2] !== '>') throw this.refuse('a comment that does not end')
      this.#at = end + 3
      this.take(space)
    }
  }

  refuse(found: string): ProvisionError {
    const line = this.#text.slice(0, this.#at).split('\n').length
    return new ProvisionError('invalid', 'ZoneXmlInvalid', `zone document, line ${line}: found ${found}`)
  }
}

function tooLarge(message: string): ProvisionError {
  return new ProvisionError('too-large', 'ZoneXmlTooLarge', message)
}
