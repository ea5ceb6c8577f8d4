// By what names, numbers and addresses one machine is known.
import {
  baseName,
  holdsSomething,
  isFile,
  isSolarisKin,
  SMALL,
  textOf,
  type HygieneContext,
  type HygieneRule,
} from '../rule.ts'

/** Names that say nothing. */
const neutral = ['', 'localhost', 'localhost.localdomain', 'unknown', 'noname', '(none)']

const nameFiles = ['etc/nodename', 'etc/hostname', 'etc/mailname']
const hostsFiles = ['etc/hosts', 'etc/inet/hosts', 'etc/inet/ipnodes', 'etc/inet/hosts.saved']

function namesIn(path: string, text: string, { ownNames }: HygieneContext): string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  if (nameFiles.includes(path)) {
    const name = lines.find((line) => line !== '') ?? ''
    return neutral.includes(name.toLowerCase()) ? [] : [`names the zone ${JSON.stringify(name.slice(0, 80))}`]
  }
  const words = new Set(lines.flatMap((line) => line.split(/\s+/).slice(1)).map(hostPart))
  return ownNames
    .map(hostPart)
    .filter((name) => !neutral.includes(name) && words.has(name))
    .map((name) => `has an address for ${JSON.stringify(name)}, the name this zone was made under`)
}

/** `web.example.net` is the host `web`. */
const hostPart = (name: string): string => (name.split('.')[0] ?? '').toLowerCase()

const isInterfaceFile = (path: string): boolean => /^etc\/(hostname6?|dhcp)\.[A-Za-z0-9:._-]+$/.test(path)

const isLease = (path: string): boolean =>
  /^var\/lib\/dhcp\/.*(\.leases?|\.duid)[^/]*$/.test(path) ||
  /^var\/lib\/(dhclient|dhcpcd|dhcpcd5)\/./.test(path) ||
  /^var\/lib\/NetworkManager\/.*(\.lease|secret_key)$/.test(path) ||
  /^etc\/dhcp\/([^/]+\.dh[cl]|duid|iaid)$/.test(path)

export const nameRules: readonly HygieneRule[] = [
  {
    name: 'nodename',
    what: 'the name and interfaces of one machine: nodename, hostname, hostname.*, mailname, own names in hosts',
    why: 'a clone that starts under another’s name answers for it',
    fix: 'remove the file or write `localhost`; an installation writes the name that the profile gives',
    entry: (entry, context) =>
      isSolarisKin(context) && isFile(entry) && isInterfaceFile(entry.path)
        ? 'configures a network interface of one machine'
        : undefined,
    reads: (entry) =>
      holdsSomething(entry) && [...nameFiles, ...hostsFiles].includes(entry.path) ? SMALL : 0,
    contents: (path, contents, context) => namesIn(path, textOf(contents), context),
  },
  {
    name: 'machine-id',
    what: 'machine-id of systemd and D-Bus, hostid',
    why: 'logs, leases and licences take clones with one id for one machine',
    fix: 'leave etc/machine-id empty and remove var/lib/dbus/machine-id and etc/hostid',
    reads: (entry) =>
      holdsSomething(entry) &&
      ['etc/machine-id', 'var/lib/dbus/machine-id', 'etc/hostid'].includes(entry.path)
        ? 4096
        : 0,
    contents: (_path, contents) =>
      ['', 'uninitialized'].includes(textOf(contents).trim()) ? [] : ['an id that every clone would share'],
  },
  {
    name: 'dhcp-lease',
    what: 'leases and client ids of DHCP',
    why: 'clones would ask for one address under one id',
    fix: 'remove it; the client asks anew',
    entry: (entry) =>
      holdsSomething(entry) && isLease(entry.path) ? 'a lease or client id of one machine' : undefined,
  },
  {
    name: 'service-tag',
    what: 'service tags and explorer settings of Solaris',
    why: 'support systems would count every clone as one machine',
    fix: 'remove it; it is registered anew',
    entry: (entry) =>
      isFile(entry) &&
      (/^var\/sadm\/servicetag\/registry\/./.test(entry.path) || entry.path === 'etc/default/explorer')
        ? 'registers one machine'
        : undefined,
  },
  {
    name: 'cloud-instance',
    what: 'what cloud-init remembers of an instance',
    why: 'a clone is taken for the instance that was set up already',
    fix: 'run `cloud-init clean`, or remove var/lib/cloud/instance, instances, data and seed',
    entry: (entry) =>
      /^var\/lib\/cloud\/(instance$|instances\/.|data\/.|seed\/.)/.test(entry.path) &&
      (entry.type === 'symlink' || holdsSomething(entry)) &&
      baseName(entry.path) !== '.keep'
        ? 'state of one instance'
        : undefined,
  },
]
