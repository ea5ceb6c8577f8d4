// A host made of a temporary directory: real server, real archives, real unpacking; only the zone commands are stand-ins.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFinishScripts, readJumpStartScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { Host } from '#core/host.ts'
import { renderInstallScript } from '#core/install-script.ts'
import { renderFinishScript } from '#core/jumpstart/documents/finish.ts'
import { InstallEvent } from '#core/install.ts'
import type { Manifest } from '#core/manifest.ts'
import { makePlan } from '#core/plan.ts'
import { Profile } from '#core/profile.ts'

export const token = 'zi_0123456789abcdefghijklmnopqrstuv'
const stubs = fileURLToPath(new URL('stub-bin', import.meta.url))

export interface FixtureOptions {
  zfs?: boolean
  /** with `zfs`: the template's stream gives a snapshot of guid 77, on which the server has a personal stream for each zone */
  streams?: boolean
  /** what the tar of the template `web` is made of; default: a small Debian-like zoneroot */
  zoneroot?: (root: string) => void
  osFamily?: Manifest['osFamily']
  layout?: 'zonepath' | 'zoneroot'
  format?: 'tar' | 'cpio'
  /** JumpStart installs the host: `finish` is its finish script */
  jumpstart?: 'install' | 'first-boot'
  /** the host gets none */
  withoutZones?: boolean
}

/** A zoneroot with an identity that no clone may keep. */
export function debianRoot(root: string): void {
  for (const directory of [
    'etc/ssh',
    'var/log',
    'var/lib/dhcp',
    'var/lib/urandom',
    'tmp',
    'usr/share/zoneinfo',
    'root',
  ]) {
    mkdirSync(path.join(root, directory), { recursive: true })
  }
  const files: Record<string, string> = {
    'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
    'etc/hostname': 'golden\n',
    'etc/hosts': '127.0.1.1 golden\n',
    'etc/mailname': 'golden.example.org\n',
    'etc/shadow': 'root:$6$golden$hash:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\n',
    'etc/ssh/sshd_config': 'Port 22\n',
    'etc/ssh/ssh_host_ed25519_key': 'golden private key\n',
    'etc/ssh/ssh_host_ed25519_key.pub': 'golden public key\n',
    'var/log/syslog': 'golden was here\n',
    'var/log/syslog.1': 'golden was here before\n',
    'var/lib/dhcp/dhclient.eth0.leases': 'lease {}\n',
    'var/lib/urandom/random-seed': 'seed\n',
    'tmp/leftover': 'x\n',
    'usr/share/zoneinfo/UTC': 'TZif\n',
    'root/kept': 'data that is to be kept\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text)
  chmodSync(path.join(root, 'etc/shadow'), 0o640)
  symlinkSync('../proc/self/mounts', path.join(root, 'etc/mtab'))
  execFileSync('ln', [path.join(root, 'root/kept'), path.join(root, 'root/kept-too')])
}

export function solarisRoot(root: string): void {
  for (const directory of ['etc/inet', 'etc/ssh', 'var/adm', 'var/ldap', 'tmp'])
    mkdirSync(path.join(root, directory), { recursive: true })
  const files: Record<string, string> = {
    'etc/nodename': 'golden\n',
    'etc/hostname.e1000g0': 'golden\n',
    'etc/hostname6.e1000g0': '\n',
    'etc/inet/hosts': '192.0.2.1 golden\n',
    'etc/inet/ipnodes': '192.0.2.1 golden\n',
    'etc/defaultrouter': '192.0.2.254\n',
    'etc/resolv.conf': 'nameserver 192.0.2.53\n',
    'etc/.sysIDtool.state': '1\n',
    'etc/ssh/ssh_host_rsa_key': 'golden private key\n',
    'var/adm/messages': 'golden was here\n',
    'var/adm/messages.0': 'golden was here before\n',
    'var/ldap/ldap_client_cred': 'secret\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(root, name), text)
  symlinkSync('./inet/hosts', path.join(root, 'etc/hosts'))
}

export interface RunOptions {
  shell?: readonly [string, ...string[]]
  /** environment of the stand-ins */
  env?: Record<string, string>
  /** killed with SIGKILL, children too, when the server has seen that many reports */
  killAfter?: number
  signalAfter?: number
  script?: string
}

export class HostFixture {
  readonly base = mkdtempSync(path.join(tmpdir(), 'finish-scripts-'))
  readonly disk = path.join(this.base, 'disk')
  readonly stub = path.join(this.base, 'stub')
  readonly state = path.join(this.base, 'state')
  readonly events: InstallEvent[] = []
  readonly requests: string[] = []
  /** changes what the server answers: the artifact's bytes, reports refused, an end after so many bytes, ranges, and first of all failures: a status, or 0 for no answer */
  answers: {
    artifact?: (bytes: Buffer) => Buffer
    deaf?: boolean
    cutAt?: number
    ranges?: boolean
    failures?: number[]
    /** instead of a zone's personal stream; undefined: 404 */
    personal?: (zone: string) => Buffer | undefined
  } = {}
  script = ''
  finish = ''
  #artifact = Buffer.alloc(0)
  #afterEvent: (count: number) => void = () => {}
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`)
    if (request.method === 'POST' && request.url === `/js/h1/${token}/events`) {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (this.answers.deaf) return response.writeHead(503).end()
        this.events.push(InstallEvent.parse(JSON.parse(Buffer.concat(chunks).toString())))
        this.#afterEvent(this.events.length)
        return response.writeHead(204).end()
      })
    } else if (
      request.url?.startsWith('/flash/web/') &&
      request.headers.authorization === `Bearer ${token}`
    ) {
      const failure = this.answers.failures?.shift()
      if (failure === 0) return void request.socket.destroy()
      if (failure !== undefined) return void response.writeHead(failure).end('no')
      const whole = this.answers.artifact?.(this.#artifact) ?? this.#artifact
      const from = this.answers.ranges
        ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
        : 0
      const bytes = whole.subarray(from)
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length })
      if (this.answers.cutAt === undefined) response.end(bytes)
      else response.write(bytes.subarray(0, this.answers.cutAt), () => response.destroy())
    } else {
      const [, zone, from] = /^\/js\/h1\/zi_\w+\/zones\/(\w+)\.zfs\?from=(\d+)$/.exec(request.url ?? '') ?? []
      const render = this.answers.personal ?? ((name: string) => personalStream(this.base, name))
      const bytes = zone !== undefined && from === '77' ? render(zone) : undefined
      if (bytes) response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
      else response.writeHead(404).end()
    }
  })

  static async open(options: FixtureOptions = {}): Promise<HostFixture> {
    const fixture = new HostFixture()
    await fixture.#open(options)
    return fixture
  }

  async #open({
    zfs = false,
    streams = false,
    zoneroot = debianRoot,
    osFamily = 'linux',
    layout = 'zonepath',
    format = 'tar',
    jumpstart,
    withoutZones = false,
  }: FixtureOptions): Promise<void> {
    const golden = path.join(this.base, 'golden')
    mkdirSync(path.join(golden, 'root'), { recursive: true })
    zoneroot(path.join(golden, 'root'))
    if (layout === 'zonepath') writeFileSync(path.join(golden, 'SUNWdetached.xml'), '<zone name="golden"/>\n')
    if (streams) writeFileSync(path.join(golden, 'to-guid'), '77')
    const from = layout === 'zonepath' ? golden : path.join(golden, 'root')
    this.#artifact = zfs
      ? execFileSync('tar', ['-C', from, '-cf', '-', '.'])
      : format === 'tar'
        ? execFileSync('tar', ['-C', from, '-czf', '-', '.'])
        : execFileSync('sh', ['-c', 'find . | cpio -o -H newc --quiet | gzip'], { cwd: from })
    rmSync(golden, { recursive: true })
    mkdirSync(this.disk)
    this.#reset()
    if (zfs) {
      mkdirSync(path.join(this.disk, 'zones'))
      writeFileSync(
        path.join(this.base, 'datasets'),
        `tank\t${this.disk}/tank\ntank/zones\t${this.disk}/zones\n`,
      )
      this.#reset()
    }
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const artifact = {
      format: zfs ? ('zfs' as const) : format,
      compression: zfs ? ('none' as const) : ('gzip' as const),
      sha256: createHash('sha256').update(this.#artifact).digest('hex'),
      sha1: '0'.repeat(40),
      size: this.#artifact.length,
      uncompressedSize: 1,
      ...(!zfs && { layout }),
      ...(streams && { guid: '77' }),
    }
    const manifest: Manifest = {
      template: 'web',
      version: '1.0',
      brand: osFamily === 'solaris10' ? 'native' : 'lx',
      osFamily,
      artifacts: [artifact],
      madeBy: 'upload',
      createdBy: 'test',
      createdAt: '2026-11-20T00:00:00Z',
    }
    const smoke = [{ name: 'answers', command: 'true', timeoutSeconds: 5 }]
    const plan = makePlan({
      host: Host.parse({
        name: 'h1',
        facts: { zfs: String(zfs) },
        release: osFamily === 'solaris10' ? 's10u3' : 'illumos',
      }),
      profile: Profile.parse({
        name: 'p1',
        flashRoot: path.join(this.disk, 'zoneflash'),
        zonesRoot: path.join(this.disk, 'zones'),
        sysid: { rootPassword: '$5$abc$def' },
        ...(jumpstart && {
          jumpstart: { zones: jumpstart, installProfile: 'install_type initial_install\ncluster SUNWCreq\n' },
        }),
        zones: withoutZones
          ? []
          : [
              {
                name: 'web01',
                template: 'web@stable',
                smoke,
                net: [{ physical: 'e0', [jumpstart ? 'address' : 'allowedAddress']: '192.0.2.11/24' }],
              },
              { name: 'web02', template: 'web@stable', smoke },
            ],
      }),
      versions: new Map([['web@stable', { manifest }]]),
      baseUrl,
      now: new Date('2026-11-20T11:02:03Z'),
    })
    const short = { ...plan, waitSeconds: 5 }
    this.script = renderInstallScript(short, { token, baseUrl }, await readFinishScripts())
    if (jumpstart) this.finish = renderFinishScript(short, { token, baseUrl }, await readJumpStartScripts())
  }

  /** Empties the host, not the server. */
  #reset(): void {
    for (const directory of [this.stub, this.state]) rmSync(directory, { recursive: true, force: true })
    mkdirSync(path.join(this.stub, 'zones'), { recursive: true })
    writeFileSync(path.join(this.stub, 'commands'), '')
    const datasets = path.join(this.base, 'datasets')
    if (existsSync(datasets)) execFileSync('cp', [datasets, path.join(this.stub, 'datasets')])
  }

  /** A host without zones again, for the next shell. */
  startOver(): void {
    for (const name of readdirSync(this.disk)) rmSync(path.join(this.disk, name), { recursive: true })
    if (existsSync(path.join(this.base, 'datasets'))) mkdirSync(path.join(this.disk, 'zones'))
    this.events.length = 0
    this.answers = {}
    this.#reset()
  }

  /** Runs the script as `curl … | SHELL` does: from standard input. */
  async run({
    shell = ['dash'],
    env = {},
    killAfter,
    signalAfter,
    script = this.script,
  }: RunOptions = {}): Promise<{ code: number | null; output: string }> {
    const [command, ...args] = shell
    const child = spawn(command, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: `${stubs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        STUB: this.stub,
        ZONEFLASH_STATE: this.state,
        ZONEFLASH_LOG: path.join(this.base, 'log'),
        ...env,
      },
    })
    const { pid } = child
    this.#afterEvent = (count) => {
      if (pid === undefined) return
      if (count === killAfter) process.kill(-pid, 'SIGKILL')
      if (count === signalAfter) process.kill(-pid, 'SIGTERM')
    }
    let output = ''
    const collect = (chunk: Buffer) => (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.stdin.on('error', () => {})
    child.stdin.end(script)
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    this.#afterEvent = () => {}
    return { code, output }
  }

  commands(): string[] {
    return readFileSync(path.join(this.stub, 'commands'), 'utf8')
      .replaceAll(this.base, '')
      .split('\n')
      .filter(Boolean)
  }

  zoneStates(): Record<string, string> {
    const zones = path.join(this.stub, 'zones')
    return Object.fromEntries(
      readdirSync(zones)
        .toSorted()
        .map((zone) => [zone, readFileSync(path.join(zones, zone, 'state'), 'utf8').trim()]),
    )
  }

  read(file: string): string {
    return readFileSync(path.join(this.disk, file), 'utf8')
  }

  /** Every path with type, mode and contents; what is random by purpose is shown by its shape only. */
  tree(directory = this.disk): string[] {
    const lines: string[] = []
    const walk = (at: string) => {
      for (const name of readdirSync(at).toSorted()) {
        const file = path.join(at, name)
        const { mode } = lstatSync(file)
        const shown = `${file.slice(this.base.length)} ${mode.toString(8)}`
        if (lstatSync(file).isSymbolicLink()) lines.push(`${shown} -> ${readlinkSync(file)}`)
        else if (lstatSync(file).isDirectory()) {
          lines.push(shown)
          walk(file)
        } else lines.push(`${shown} ${shape(name, readFileSync(file, 'utf8'))}`)
      }
    }
    walk(directory)
    return lines
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.base, { recursive: true, force: true })
  }
}

/** As the stand-in of zfs takes it: an archive of what a zone has of its own. */
export function personalStream(base: string, zone: string, from = '77'): Buffer {
  const directory = path.join(base, `personal-${zone}`)
  const files: Record<string, string> = {
    'from-guid': from,
    removed: 'root/etc/ssh/ssh_host_ed25519_key\nroot/etc/ssh/ssh_host_ed25519_key.pub\n',
    'SUNWdetached.xml': `<zone name="${zone}"><attr name="flash-origin" value="web@1.0"/></zone>\n`,
    'root/etc/hostname': `${zone}\n`,
    'root/etc/machine-id': `${createHash('md5').update(zone).digest('hex')}\n`,
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true })
    writeFileSync(path.join(directory, name), text)
  }
  const bytes = execFileSync('tar', ['-C', directory, '-cf', '-', '.'])
  rmSync(directory, { recursive: true })
  return bytes
}

const golden = '0123456789abcdef0123456789abcdef\n'

function shape(name: string, text: string): string {
  if (name === 'machine-id' && text !== golden) return /^[0-9a-f]{32}\n$/.test(text) ? 'fresh id' : text
  if (name.endsWith('_key') && text.includes('OPENSSH PRIVATE KEY')) return 'fresh key'
  if (name.endsWith('_key.pub')) return text.replace(/^(ssh-\S+) \S+/, '$1 fresh')
  return JSON.stringify(text)
}
