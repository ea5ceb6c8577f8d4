// Reads a sysidcfg file as sysidtool does: one slip and the whole file is unused (zones.md 6.1, 6.2).
import type { OsRelease } from '../host.ts'
import { flagSubKeywords, knowsKeyword, listSubKeywords, sysidcfgKeywords } from './keywords.ts'
import { type Position, sysidcfgError, sysidcfgTokens, type Token } from './tokens.ts'

/** One `keyword=value { sub=value … }`, names in lower case. */
export interface SysidcfgItem extends Position {
  keyword: string
  value: string
  /** flags such as `dhcp` hold the empty string */
  subs: Map<string, string>
}

export interface ParsedInterface {
  /** `NONE`, `PRIMARY` or an interface's name */
  name: string
  primary: boolean
  dhcp: boolean
  hostname?: string
  ipAddress?: string
  netmask?: string
  protocolIpv6?: boolean
  /** an address or `NONE` */
  defaultRoute?: string
}

/** What the file answers. A keyword that is not in the file is absent. */
export interface ParsedSysidcfg {
  systemLocale?: string
  terminal?: string
  timezone?: string
  timeserver?: string
  keyboard?: string
  rootPassword?: string
  nfs4Domain?: string
  serviceProfile?: string
  nameService?: { kind: 'NONE' | 'NIS' | 'NIS+' | 'DNS' | 'LDAP'; subs: Record<string, string> }
  securityPolicy?: { kind: 'NONE' | 'kerberos'; subs: Record<string, string> }
  autoReg?: { kind: string; subs: Record<string, string> }
  networkInterfaces: ParsedInterface[]
  /** every item in the file's order, repeated ones too */
  items: SysidcfgItem[]
}

/**
 * Parses for a zone of `release`. Of a repeated keyword the first counts, except network_interface.
 * @throws SysidcfgSyntax, SysidcfgKeyword, SysidcfgValue with `details.line` and `details.column`
 */
export function parseSysidcfg(text: string, release: OsRelease): ParsedSysidcfg {
  const items = readItems(sysidcfgTokens(text), release)
  const interfaces = items.filter((item) => item.keyword === 'network_interface')
  checkInterfaceNames(interfaces)
  const first = (keyword: string) => items.find((item) => item.keyword === keyword)
  const parsed: ParsedSysidcfg = { networkInterfaces: interfaces.map(asInterface), items }
  for (const [keyword, property] of plainProperties) {
    const item = first(keyword)
    if (item) parsed[property] = item.value
  }
  const nameService = first('name_service')
  if (nameService) {
    parsed.nameService = {
      kind: nameServiceKind(nameService.value),
      subs: Object.fromEntries(nameService.subs),
    }
  }
  const policy = first('security_policy')
  if (policy) {
    parsed.securityPolicy = {
      kind: policy.value.toLowerCase() === 'kerberos' ? 'kerberos' : 'NONE',
      subs: Object.fromEntries(policy.subs),
    }
  }
  const autoReg = first('auto_reg')
  if (autoReg) parsed.autoReg = { kind: autoReg.value.toLowerCase(), subs: Object.fromEntries(autoReg.subs) }
  return parsed
}

const plainProperties = [
  ['system_locale', 'systemLocale'],
  ['terminal', 'terminal'],
  ['timezone', 'timezone'],
  ['timeserver', 'timeserver'],
  ['keyboard', 'keyboard'],
  ['root_password', 'rootPassword'],
  ['nfs4_domain', 'nfs4Domain'],
  ['service_profile', 'serviceProfile'],
] as const

function readItems(tokens: readonly Token[], release: OsRelease): SysidcfgItem[] {
  const items: SysidcfgItem[] = []
  let at = 0
  while (at < tokens.length) {
    const word = expectWord(tokens, at, 'a keyword')
    const keyword = word.text.toLowerCase()
    if (!knowsKeyword(keyword, release)) {
      const why = keyword in sysidcfgKeywords ? `is newer than ${release}` : 'is unknown'
      throw sysidcfgError('SysidcfgKeyword', `the keyword ${JSON.stringify(word.text)} ${why}`, word)
    }
    const value = expectValue(tokens, at + 1, word, sysidcfgKeywords[keyword]?.list === true)
    at += 3
    const item: SysidcfgItem = {
      keyword,
      value: value.text,
      subs: new Map(),
      line: word.line,
      column: word.column,
    }
    checkValue(keyword, value)
    if (tokens[at]?.kind === '{') at = readSubs(tokens, at, item)
    items.push(item)
  }
  return items
}

/** Reads from the opening brace; returns the place after the closing one. */
function readSubs(tokens: readonly Token[], open: number, item: SysidcfgItem): number {
  const subs = sysidcfgKeywords[item.keyword]?.subs
  const allowed = subs?.[item.value.toLowerCase()] ?? subs?.['*'] ?? []
  let at = open + 1
  for (;;) {
    const token = tokens[at]
    if (!token) throw sysidcfgError('SysidcfgSyntax', 'this "{" is not closed', tokens[open] ?? item)
    if (token.kind === '}') break
    const word = expectWord(tokens, at, 'a sub-keyword or "}"')
    const name = word.text.toLowerCase()
    if (!allowed.includes(name)) {
      throw sysidcfgError(
        'SysidcfgKeyword',
        `${item.keyword}=${item.value} has no sub-keyword ${JSON.stringify(word.text)}; expected ${allowed.join(', ') || 'no braces'}`,
        word,
      )
    }
    at += 1
    let value = ''
    if (flagSubKeywords.has(name)) {
      if (tokens[at]?.kind === '=') throw sysidcfgError('SysidcfgSyntax', `${name} takes no value`, word)
    } else {
      const token = expectValue(tokens, at, word, listSubKeywords.has(name))
      checkSubValue(name, token)
      value = token.text
      at += 2
    }
    if (!item.subs.has(name)) item.subs.set(name, value)
  }
  if (at === open + 1) {
    throw sysidcfgError('SysidcfgSyntax', 'empty braces must be left out', tokens[open] ?? item)
  }
  if (item.subs.has('dhcp')) {
    const surplus = [...item.subs.keys()].find((name) => !['dhcp', 'primary', 'protocol_ipv6'].includes(name))
    if (surplus) throw sysidcfgError('SysidcfgValue', `an interface with dhcp takes no ${surplus}`, item)
  }
  return at + 1
}

function expectWord(tokens: readonly Token[], at: number, what: string): Token {
  const token = tokens[at]
  if (token?.kind === 'word' && !token.quoted) return token
  throw sysidcfgError(
    'SysidcfgSyntax',
    `expected ${what}, got ${JSON.stringify(token?.text ?? 'the end')}`,
    token ?? tokens[at - 1] ?? { line: 1, column: 1 },
  )
}

function expectValue(tokens: readonly Token[], at: number, keyword: Token, list: boolean): Token {
  const equals = tokens[at]
  if (equals?.kind !== '=') {
    throw sysidcfgError('SysidcfgSyntax', `expected "=" after ${keyword.text}`, equals ?? keyword)
  }
  const value = tokens[at + 1]
  if (value?.kind !== 'word') {
    throw sysidcfgError('SysidcfgSyntax', `expected a value after ${keyword.text}=`, value ?? equals)
  }
  if (!value.quoted && !list && value.text.includes(',')) {
    throw sysidcfgError(
      'SysidcfgSyntax',
      `the value of ${keyword.text} holds a comma and needs quotes`,
      value,
    )
  }
  return value
}

const domain = /^[A-Za-z][A-Za-z0-9._-]*$/
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/

function checkValue(keyword: string, value: Token): void {
  const values = sysidcfgKeywords[keyword]?.values
  if (values && !values.includes(value.text.toLowerCase())) {
    throw sysidcfgError(
      'SysidcfgValue',
      `${keyword} is ${JSON.stringify(value.text)}; expected one of ${values.join(', ')}`,
      value,
    )
  }
  if (keyword === 'nfs4_domain' && !domain.test(value.text)) {
    throw sysidcfgError(
      'SysidcfgValue',
      `nfs4_domain is ${JSON.stringify(value.text)}; expected dynamic or a domain`,
      value,
    )
  }
}

function checkSubValue(name: string, value: Token): void {
  const fail = (expected: string) =>
    sysidcfgError('SysidcfgValue', `${name} is ${JSON.stringify(value.text)}; expected ${expected}`, value)
  if (name === 'protocol_ipv6' && !/^(yes|no)$/i.test(value.text)) throw fail('yes or no')
  if ((name === 'ip_address' || name === 'netmask') && !ipv4.test(value.text)) throw fail('an IPv4 address')
  if (name === 'default_route' && !ipv4.test(value.text) && value.text.toUpperCase() !== 'NONE') {
    throw fail('an IPv4 address or NONE')
  }
  if (name === 'proxy_dn' && !value.quoted) throw fail('a text in quotes')
}

/** With several interfaces each needs a real name and one of them is primary (zones.md 6.2). */
function checkInterfaceNames(items: readonly SysidcfgItem[]): void {
  if (items.length < 2) return
  for (const item of items) {
    if (/^(NONE|PRIMARY)$/i.test(item.value)) {
      throw sysidcfgError(
        'SysidcfgValue',
        `network_interface=${item.value} cannot stand beside another interface`,
        item,
      )
    }
  }
  const primaries = items.filter((item) => item.subs.has('primary'))
  if (primaries.length !== 1) {
    throw sysidcfgError(
      'SysidcfgValue',
      `${primaries.length} interfaces are marked primary; expected exactly one of ${items.length}`,
      primaries[1] ?? items[0] ?? { line: 1, column: 1 },
    )
  }
}

function asInterface(item: SysidcfgItem): ParsedInterface {
  const sub = (name: string) => item.subs.get(name)
  const [hostname, ipAddress, netmask, ipv6, route] = [
    sub('hostname'),
    sub('ip_address'),
    sub('netmask'),
    sub('protocol_ipv6'),
    sub('default_route'),
  ]
  return {
    name: item.value,
    primary: item.subs.has('primary'),
    dhcp: item.subs.has('dhcp'),
    ...(hostname !== undefined && { hostname }),
    ...(ipAddress !== undefined && { ipAddress }),
    ...(netmask !== undefined && { netmask }),
    ...(ipv6 !== undefined && { protocolIpv6: ipv6.toLowerCase() === 'yes' }),
    ...(route !== undefined && { defaultRoute: route }),
  }
}

function nameServiceKind(value: string): 'NONE' | 'NIS' | 'NIS+' | 'DNS' | 'LDAP' {
  const kind = (['NIS', 'NIS+', 'DNS', 'LDAP'] as const).find((name) => name === value.toUpperCase())
  return kind ?? 'NONE'
}
