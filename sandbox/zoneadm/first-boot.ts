// What sysidtool does at a native zone's first boot: takes the answers from /etc/sysidcfg (zones.md 6).
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'
import type { OsRelease } from '#core/host.ts'
import { openQuestions } from '#core/sysidcfg/open-questions.ts'
import { parseSysidcfg, type ParsedSysidcfg } from '#core/sysidcfg/parse.ts'
import { runCommand } from '../command.ts'
import { configureNameService } from './name-service.ts'

/** Configures an unconfigured zoneroot. Returns what its console asks, nothing when the boot went through. */
export function firstBoot(name: string, root: string, release: OsRelease): string[] {
  const banner = [`[NOTICE: Zone booting up]`, '', `Hostname: ${nodenameOf(root) ?? name}`]
  if (!existsSync(path.join(root, 'etc/.UNCONFIGURED'))) {
    for (const line of banner) console.log(line)
    return []
  }
  const file = path.join(root, 'etc/sysidcfg')
  if (!existsSync(file))
    return ['What type of terminal are you using?', 'Type the number of your choice and press Return:']
  let parsed: ParsedSysidcfg
  try {
    parsed = parseSysidcfg(readFileSync(file, 'utf8'), release)
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return [`syntax error in /etc/sysidcfg: ${error.message}`, 'What type of terminal are you using?']
  }
  const open = openQuestions(parsed, release, existingAnswers(root))
  if (open.length > 0) return open.map((keyword) => `sysidcfg does not answer ${keyword}; enter it here:`)
  configureRoot(root, release, parsed)
  for (const line of [...banner.slice(0, 2), `Hostname: ${nodenameOf(root) ?? name}`]) console.log(line)
  return []
}

function existingAnswers(root: string): Set<string> {
  return new Set(['etc/.NFS4inst_state.domain'].filter((file) => existsSync(path.join(root, file))))
}

/** What a Solaris zoneroot calls itself. */
export function nodenameOf(root: string): string | undefined {
  const file = path.join(root, 'etc/nodename')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

function configureRoot(root: string, release: OsRelease, parsed: ParsedSysidcfg): void {
  const within = (file: string) => path.join(root, file)
  const hostname = parsed.networkInterfaces.find((each) => each.hostname !== undefined)?.hostname
  if (hostname !== undefined) {
    writeFileSync(within('etc/nodename'), `${hostname}\n`)
    mkdirSync(within('etc/inet'), { recursive: true })
    writeFileSync(
      within('etc/inet/hosts'),
      `#\n# Internet host table\n#\n127.0.0.1\tlocalhost\n127.0.1.1\t${hostname} loghost\n`,
    )
  }
  if (parsed.nameService) configureNameService(root, parsed.nameService)
  setTimezone(within('etc/default/init'), parsed.timezone ?? 'UTC')
  setRootPassword(within('etc/shadow'), parsed.rootPassword ?? '')
  makeHostKeys(within('etc/ssh'), release)
  writeFileSync(within('etc/.sysIDtool.state'), sysidState(parsed.terminal ?? 'vt100', release))
  rmSync(within('etc/.UNCONFIGURED'))
  rmSync(within('reconfigure'), { force: true })
}

function setTimezone(file: string, timezone: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(
    file,
    /^TZ=/m.test(text) ? text.replace(/^TZ=.*$/m, () => `TZ=${timezone}`) : `${text}TZ=${timezone}\n`,
  )
}

function setRootPassword(file: string, hash: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const line = /^root:[^:]*:/m
  writeFileSync(
    file,
    line.test(text) ? text.replace(line, () => `root:${hash}:`) : `root:${hash}:6445::::::\n${text}`,
  )
  chmodSync(file, 0o400)
}

/** Solaris 10 makes rsa and dsa keys; dsa is no longer made by today's ssh-keygen, and ed25519 stands in for it. */
function makeHostKeys(directory: string, release: OsRelease): void {
  mkdirSync(directory, { recursive: true })
  for (const type of release === 'illumos' ? ['rsa', 'ecdsa', 'ed25519'] : ['rsa', 'ed25519']) {
    const file = path.join(directory, `ssh_host_${type}_key`)
    if (!existsSync(file))
      runCommand(['ssh-keygen', '-q', '-t', type, '-N', '', '-C', 'root@unknown', '-f', file])
  }
}

/** /etc/.sysIDtool.state as zones.md 6.5 has it. */
function sysidState(terminal: string, release: OsRelease): string {
  const lines: [number, string][] = [
    [1, 'System previously configured?'],
    [1, 'Bootparams succeeded?'],
    [1, 'System is on a network?'],
    [1, 'Extended network information gathered?'],
    [0, 'Autobinder succeeded?'],
    [1, 'Network has subnets?'],
    [1, 'root password prompted for?'],
    [1, 'locale and term prompted for?'],
    [1, 'security policy in place'],
    [1, 'NFSv4 domain configured'],
    ...(['s10u9', 's10u10', 's10u11'].includes(release)
      ? [[0, 'Auto Registration Configured'] as [number, string]]
      : []),
  ]
  return `${lines.map(([digit, comment]) => `${digit}       # ${comment}\n`).join('')}${terminal}\n`
}
