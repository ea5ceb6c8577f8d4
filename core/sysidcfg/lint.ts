// Finds the frequent mistakes in a sysidcfg file that a person wrote, all of them, each with its cure (zones.md 6.4).
import { ProvisionError } from '../errors.ts'
import type { OsRelease } from '../host.ts'
import { knowsKeyword, sysidcfgKeywords } from './keywords.ts'
import { openQuestions } from './open-questions.ts'
import { parseSysidcfg } from './parse.ts'

export interface SysidcfgComplaint {
  code: string
  /** from 1; the last line for what is missing */
  line: number
  message: string
  fix: string
}

interface Mistake {
  code: string
  pattern: RegExp
  message: string
  fix: string
}

/** What one line shows by itself. */
const mistakes: readonly Mistake[] = [
  {
    code: 'WindowsLineEnd',
    pattern: /\r$/,
    message: 'the line ends in a carriage return',
    fix: 'convert the file with dos2unix',
  },
  {
    code: 'Comment',
    pattern: /^\s*#/,
    message: 'comments are not part of the grammar',
    fix: 'remove the line',
  },
  {
    code: 'MissingEquals',
    pattern: new RegExp(String.raw`^\s*(${Object.keys(sysidcfgKeywords).join('|')})\s+[^\s={]`, 'i'),
    message: 'there is no "=" between keyword and value',
    fix: 'write keyword=value',
  },
  {
    code: 'MisspeltKeyword',
    pattern: /\bnfsv4_domain\b/i,
    message: 'nfsv4_domain is no keyword',
    fix: 'write nfs4_domain',
  },
  {
    code: 'MisspeltKeyword',
    pattern: /\bipv6_protocol\b/i,
    message: 'ipv6_protocol is no keyword',
    fix: 'write protocol_ipv6',
  },
  {
    code: 'UndocumentedKeyword',
    pattern: /\binstall_locale\b/i,
    message: 'install_locale is not documented',
    fix: 'write system_locale',
  },
  {
    code: 'HashWithColon',
    pattern: /\broot_password\s*=\s*["']?[^\s"'{}]*:/i,
    message: 'the hash holds a colon, probably pasted with its neighbours of /etc/shadow',
    fix: 'keep only the second field of the shadow line',
  },
  {
    code: 'ClearTextPassword',
    pattern: /\broot_password\s*=\s*["']?(?!NP\b|\$|[A-Za-z0-9./]{13}["'\s:]|[A-Za-z0-9./]{13}$)[^\s"'$]/i,
    message: 'root_password is no crypt hash',
    fix: 'take the hash from /etc/shadow, or NP for no password login',
  },
  {
    code: 'HostnameInvalid',
    pattern: /\bhostname\s*=\s*["']?([^\s"'{}]*[_.][^\s"'{}]*|[^\s"'{}]{64,})/i,
    message: 'a hostname has letters, digits and "-" only, at most 63',
    fix: 'choose another hostname',
  },
  {
    code: 'TooManyServers',
    pattern: /\bname_server\s*=\s*["']?[^\s"',{}]+(,[^\s"',{}]+){3,}/i,
    message: 'DNS takes at most 3 name servers',
    fix: 'keep the nearest three',
  },
  {
    code: 'NotForZones',
    pattern: /^\s*(display|monitor|pointer)\s*=/i,
    message: 'this keyword is for the graphics of a whole host',
    fix: 'remove the line',
  },
]

/** All complaints in the order of lines. An empty list means: read without error, and the first boot asks nothing. */
export function lintSysidcfg(text: string, release: OsRelease): SysidcfgComplaint[] {
  const lines = text.split('\n')
  const complaints = lines.flatMap((content, index) => [
    ...mistakes
      .filter(({ pattern }) => pattern.test(content))
      .map(({ code, message, fix }) => ({ code, line: index + 1, message, fix })),
    ...tooNew(content, index + 1, release),
  ])
  if (text.trim() === '') {
    complaints.push({
      code: 'Empty',
      line: 1,
      message: 'the file is empty, as `echo > file <<EOF` makes it',
      fix: 'write it with `cat > file <<EOF`',
    })
  }
  complaints.push(...blockMistakes(text))
  const line = (error: ProvisionError) => Number(error.details?.['line'] ?? 1)
  try {
    const parsed = parseSysidcfg(text, release)
    for (const keyword of complaints.length > 0 ? [] : openQuestions(parsed, release)) {
      // a release without the keyword is answered by a file beside this one
      if (keyword === 'nfs4_domain' && !knowsKeyword(keyword, release)) continue
      complaints.push({
        code: 'OpenQuestion',
        line: lines.length,
        message: `${keyword} is not answered, so the first boot waits at the console`,
        fix: `add ${keyword}`,
      })
    }
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    // what is said already in better words is not said twice
    const said = complaints.some(
      (complaint) => complaint.code === 'UnclosedBrace' || complaint.line === line(error),
    )
    if (!said) {
      complaints.push({
        code: error.code,
        line: line(error),
        message: error.message,
        fix: 'correct it: one error makes the whole file unused',
      })
    }
  }
  return complaints.toSorted((a, b) => a.line - b.line)
}

function tooNew(content: string, line: number, release: OsRelease): SysidcfgComplaint[] {
  const keyword = /^\s*([a-z0-9_]+)\s*=/i.exec(content)?.[1]?.toLowerCase()
  const since = keyword === undefined ? undefined : sysidcfgKeywords[keyword]?.since
  if (keyword === undefined || since === undefined || knowsKeyword(keyword, release)) return []
  return [
    {
      code: 'KeywordTooNew',
      line,
      message: `${keyword} is known from ${since} on, the zone has ${release}`,
      fix:
        keyword === 'nfs4_domain' ? 'create an empty etc/.NFS4inst_state.domain instead' : 'remove the line',
    },
  ]
}

/** What only shows over several lines: braces. */
function blockMistakes(text: string): SysidcfgComplaint[] {
  const complaints: SysidcfgComplaint[] = []
  const lineAt = (index: number) => text.slice(0, index).split('\n').length
  for (const found of text.matchAll(/\bname_service\s*=\s*DNS\b(?!\s*\{)/gi)) {
    complaints.push({
      code: 'MissingBraces',
      line: lineAt(found.index),
      message: 'name_service=DNS has no braces',
      fix: 'write name_service=DNS {domain_name=… name_server=…}',
    })
  }
  for (const found of text.matchAll(/\bnetwork_interface\s*=\s*PRIMARY\s*\{[^}]*\bprimary\b/gi)) {
    complaints.push({
      code: 'PrimaryTwice',
      line: lineAt(found.index),
      message: 'the single interface PRIMARY is marked primary again',
      fix: 'remove the sub-keyword primary',
    })
  }
  for (const found of text.matchAll(/\{([^{}]*)\}/g)) {
    const inside = found[1] ?? ''
    if (/\bdhcp\b/i.test(inside) && /\bip_address\b/i.test(inside)) {
      complaints.push({
        code: 'DhcpWithAddress',
        line: lineAt(found.index),
        message: 'an interface has either dhcp or ip_address',
        fix: 'remove one of them',
      })
    }
  }
  const open = /\{[^{}]*(?:\{|$)/.exec(text)
  if (open) {
    complaints.push({
      code: 'UnclosedBrace',
      line: lineAt(open.index),
      message: 'this "{" is not closed',
      fix: 'add "}"',
    })
  }
  return complaints
}
