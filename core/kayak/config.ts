// The file by which kayak installs a host: bash, sourced in the miniroot, with its functions (jumpstart.md 6.1).
import type { HostInterface } from '../host.ts'
import type { PlannedKayak } from '../plan/schema.ts'
import { shellQuote } from '../shell-quote.ts'
import type { NameService } from '../sysidcfg/settings.ts'

export interface KayakConfigInput {
  host: string
  /** as the host was armed */
  planned: PlannedKayak
  /** the armed host's documents: `http://192.0.2.10:7070/js/h1/TOKEN`; the new system fetches and reports there */
  documents: string
  /** whether the new system gets zones */
  hasZones: boolean
  /** the record stands for several machines: each is called by its address, and gets no zones */
  isGroup?: boolean
}

/** How often the new system asks for its zones, each five seconds: its network takes a while. */
const TRIES = 120

/** Every value is one word. @throws ShellValueInvalid */
export function renderKayakConfig({
  host,
  planned,
  documents,
  hasZones,
  isGroup = false,
}: KayakConfigInput): string {
  const { settings, pool, rootPassword, timezone, interfaces } = planned
  return [
    `# ${host}: sourced by kayak`,
    ...(settings.compression ? [] : ['NO_COMPRESSION=1']),
    ...(settings.reboot ? [] : ['NO_REBOOT=1']),
    ...rootPool(pool, settings.disks),
    isGroup ? 'AutoHostname' : call('SetHostname', host),
    call('SetTimezone', timezone),
    ...(settings.lang === undefined ? [] : [call('SetLang', settings.lang)]),
    ...(settings.keyboardLayout === undefined ? [] : [call('SetKeyboardLayout', settings.keyboardLayout)]),
    ...nameService(planned.nameService),
    EMPTY_ROOT_PASSWORD,
    call('RootPW', rootPassword),
    ...(isGroup ? [PRIMARY] : (interfaces ?? [PRIMARY])).flatMap(network),
    FORGET_GOLDEN_HOST,
    ...hostKeys,
    ...(isGroup ? [] : hasZones ? zones(documents) : done(documents)),
    '',
  ].join('\n')
}

function call(name: string, ...values: string[]): string {
  return [name, ...values.map(shellQuote)].join(' ')
}

/** BuildRpool goes on with the pool `rpool`, whatever was created: other names take its two halves (jumpstart.md 6.1). */
function rootPool(pool: string, disks: readonly string[]): string[] {
  if (pool === 'rpool') return [call('BuildRpool', ...disks)]
  return [`RPOOL=${shellQuote(pool)}`, call('BuildRpoolOnly', ...disks), call('BuildBE', pool)]
}

/**
 * kayak puts a hash only where there is none, and without RootPW one that lets everybody in: golden systems come with one of
 * their own. ALTROOT is where kayak has mounted the new root by then.
 */
const EMPTY_ROOT_PASSWORD = `sed -i -e 's%^root:[^:]*:%root::%' "$ALTROOT/etc/shadow"`

/** One line of /.initialboot, which SMF runs at the first boot. */
const postboot = (command: string): string => call('Postboot', command)

/** kayak takes one server; the others are added to what it wrote. */
function nameService(service: NameService): string[] {
  if (service.kind === 'NONE') return []
  if (service.kind !== 'DNS') return [`# name service ${service.kind}: kayak sets up DNS alone`]
  const [first = '', ...others] = service.nameServers
  return [
    call('UseDNS', first, service.domainName, ...service.search),
    ...others.map((server) => postboot(`echo nameserver ${server} >>/etc/resolv.conf`)),
  ]
}

const PRIMARY: HostInterface = { name: 'PRIMARY', ipv6: false }
/** Sets l to the first link of an illumos host: as a rule that which PXE came by. */
const FIRST_LINK = 'l="$(/usr/sbin/dladm show-phys -p -o link | head -1)"; '

function network({ name, address, defaultRoute, ipv6 }: HostInterface): string[] {
  const isPrimary = name === PRIMARY.name
  const link = (suffix = '') => (isPrimary ? `"$l${suffix}"` : `${name}${suffix}`)
  const ipadm = (words: string) => postboot(`${isPrimary ? FIRST_LINK : ''}/usr/sbin/ipadm ${words}`)
  const how = address === undefined ? 'dhcp' : `static -a ${address}`
  return [
    ipadm(`create-if ${link()}`),
    ipadm(`create-addr -T ${how} ${link('/v4')}`),
    ...(ipv6 ? [ipadm(`create-addr -T addrconf ${link('/v6')}`)] : []),
    ...(defaultRoute === undefined ? [] : [postboot(`/usr/sbin/route -p add default ${defaultRoute}`)]),
  ]
}

/** What was done to the golden host would count as done here; the zones that it brings along are told by captured/. */
const FORGET_GOLDEN_HOST = postboot(
  '( cd /var/zoneflash && for f in *; do [ "$f" = captured ] || rm -rf "./$f"; done ) 2>/dev/null; rm -f /var/log/zoneflash.log',
)

/** The medium is a copy of the golden system with its keys. */
const hostKeys = [
  postboot('rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub; /usr/bin/ssh-keygen -A'),
  postboot('/usr/sbin/svcadm restart svc:/network/ssh:default'),
]

/** The script has the token in it: nobody else may read it. */
function zones(documents: string): string[] {
  const script = '/root/zoneflash-zones.sh'
  return [
    postboot(`umask 077; ${untilAnswered(`-o ${script} ${shellWord(`${documents}/kayak/zones.sh`)}`)}`),
    postboot(`/bin/sh ${script} >/var/log/zoneflash-kayak.log 2>&1; rm -f ${script}`),
  ]
}

function done(documents: string): string[] {
  const report = JSON.stringify({ id: 'kayak-first-boot', step: 'install', state: 'done' })
  return [
    postboot(untilAnswered(`-o /dev/null -d ${shellQuote(report)} ${shellWord(`${documents}/events`)}`)),
  ]
}

function untilAnswered(curlWords: string): string {
  return `n=0; until /usr/bin/curl -fsS ${curlWords}; do n=$((n+1)); [ $n -ge ${TRIES} ] && break; sleep 5; done`
}

/** Quoted only where it has to be: the file is read by people. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9:/._-]+$/.test(text) ? text : shellQuote(text)
}
