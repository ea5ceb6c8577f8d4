// Ports that configuration files declare; whether anything listens is not known here.
import { baseName } from '../../hygiene/rule.ts'
import type { FactSource, Facts } from '../facts.ts'

const CONFIG_BYTES = 1024 * 1024

interface Dialect {
  service: string
  isConfig: (path: string) => boolean
  /** ports in the text of such a file */
  ports: (text: string) => string[]
}

const dialects: readonly Dialect[] = [
  {
    service: 'apache',
    isConfig: (path) =>
      /^etc\/(apache2?|httpd)\/.*\.conf$/.test(path) || /^(usr|opt)\/apache2?\/conf\/httpd\.conf$/.test(path),
    ports: (text) => values(text, /^\s*(?:Listen|Port)\s+(?:\S*:)?(\d+)\b/gim),
  },
  {
    service: 'mysqld',
    isConfig: (path) => /^etc\/(mysql\/.*|my)\.cnf$/.test(path) || /^etc\/mysql\/.*\.cnf$/.test(path),
    ports: portsOfMysql,
  },
  {
    service: 'sshd',
    isConfig: (path) =>
      path === 'etc/ssh/sshd_config' || /^etc\/ssh\/sshd_config\.d\/[^/]+\.conf$/.test(path),
    ports: (text) => values(text, /^\s*Port\s*[\s=]\s*(\d+)/gim),
  },
  {
    service: 'webmin',
    isConfig: (path) => /(^|\/)webmin\/miniserv\.conf$/.test(path),
    ports: (text) => values(text, /^port=(\d+)/gm),
  },
  {
    service: 'nginx',
    isConfig: (path) => /^etc\/nginx\/.*\.conf$/.test(path) || path.startsWith('etc/nginx/sites-enabled/'),
    ports: (text) => values(text, /^\s*listen\s+(?:\S*:)?(\d+)\b/gim),
  },
]

/** `port` of the sections that the server reads; a client's says nothing. */
function portsOfMysql(text: string): string[] {
  let isServer = false
  return text.split('\n').flatMap((line) => {
    const section = /^\s*\[([^\]]+)\]/.exec(line)?.[1]
    if (section !== undefined) isServer = /^(mysqld|mariadbd?|server)(-|$)/.test(section)
    return isServer ? values(line, /^\s*port\s*=\s*(\d+)/g) : []
  })
}

function values(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, port]) => (port === undefined ? [] : [port]))
}

function readConfig({ service, ports }: Dialect, path: string, text: string, facts: Facts): void {
  for (const port of ports(text)) facts.add('port', `${service} ${port}`, `declared in ${path}`)
}

/** What a file without a word about ports means, where that is sure. */
function readDefault(path: string, text: string, facts: Facts): void {
  if (path === 'etc/ssh/sshd_config' && !/^\s*Port\b/im.test(text))
    facts.add('port', 'sshd 22', 'by default (etc/ssh/sshd_config declares none)')
}

export const declaredPorts: FactSource = {
  reads: ({ path, type }) =>
    (type === 'file' || type === 'hardlink') &&
    !baseName(path).startsWith('.') &&
    dialects.some(({ isConfig }) => isConfig(path))
      ? CONFIG_BYTES
      : 0,
  contents(path, contents, facts) {
    const text = new TextDecoder().decode(contents)
    for (const dialect of dialects) if (dialect.isConfig(path)) readConfig(dialect, path, text, facts)
    readDefault(path, text, facts)
  },
}
