// Takes a version out of use, and with it everything built on it; or gives it back.
import type { ReportedZone } from '#core/channel/schema.ts'
import { plannedVersions } from '../planned-versions.ts'
import type { AuditLog } from '../ports/access.ts'
import type { TemplateCatalog, VersionId, VersionRecord } from '../ports/catalog.ts'
import type { ChannelStore, ZoneRegistry } from '../ports/channels.ts'
import type { InstallLog } from '../ports/installs.ts'
import type { Clock } from '../ports/queue.ts'
import { beganBefore } from './install-block.ts'

interface Needs {
  catalog: TemplateCatalog
  channels: ChannelStore
  zones: ZoneRegistry
  installs: InstallLog
  audit: AuditLog
  clock: Clock
}

interface Revoke {
  template: string
  version: string
  why?: string | undefined
  actor: string
}

/** Whom a revocation concerns. */
export interface RevocationReach {
  /** the version and everything built on it */
  versions: VersionId[]
  /** channels that point at one of these */
  channels: (VersionId & { channel: string })[]
  /** zones made from one of these, as their hosts last reported them */
  zones: ReportedZone[]
  /** open installs that want one of these: those that had begun may finish */
  installs: { id: string; host: string; mayFinish: boolean }[]
}

/**
 * No new install gets the version, nor anything built on it, now or later. Frees nothing: artifacts stay, zones run on.
 * @throws VersionNotFound, WrongState unless it is ready
 */
export async function revokeVersion(
  { template, version, why, actor }: Revoke,
  needs: Needs,
): Promise<RevocationReach> {
  const at = needs.clock.now()
  await needs.catalog.setState(template, version, 'revoked', { why, at })
  const subject = `${template}@${version}`
  await needs.audit.write({
    actor,
    action: 'version.revoked',
    subject,
    ...(why !== undefined && { details: { why } }),
  })
  const versions = await needs.channels.withDescendants(template, version)
  const reason = `${subject} is revoked${why === undefined ? '' : `: ${why}`}`
  return {
    versions,
    channels: await remark(versions, { kind: 'revoke', actor, why: reason }, needs),
    ...(await usersOf(versions, at, needs)),
  }
}

/** @throws VersionNotFound, WrongState unless it is revoked */
export async function unrevokeVersion(
  { template, version, why, actor }: Revoke,
  needs: Pick<Needs, 'catalog' | 'channels' | 'audit' | 'clock'>,
): Promise<VersionRecord> {
  await needs.catalog.setState(template, version, 'ready')
  const subject = `${template}@${version}`
  await needs.audit.write({
    actor,
    action: 'version.ready',
    subject,
    ...(why !== undefined && { details: { why } }),
  })
  const versions = await needs.channels.withDescendants(template, version)
  const reason = `${subject} is revoked no more${why === undefined ? '' : `: ${why}`}`
  await remark(versions, { kind: 'unrevoke', actor, why: reason }, needs)
  return needs.catalog.getVersion(template, version)
}

/** Says it in the history of every channel that points at one of the versions. */
async function remark(
  versions: readonly VersionId[],
  entry: { kind: 'revoke' | 'unrevoke'; actor: string; why: string },
  { channels, clock }: Pick<Needs, 'channels' | 'clock'>,
): Promise<RevocationReach['channels']> {
  const told: RevocationReach['channels'] = []
  for (const template of new Set(versions.map((one) => one.template))) {
    const concerned = new Set(
      versions.filter((one) => one.template === template).map(({ version }) => version),
    )
    const made = await channels.change(template, clock.now(), (there) => ({
      moves: Object.entries(there.channels)
        .filter(([, version]) => concerned.has(version))
        .map(([channel, to]) => ({ channel, to, ...entry })),
    }))
    told.push(...made.map(({ channel, to }) => ({ template, channel, version: to })))
  }
  return told
}

async function usersOf(
  versions: readonly VersionId[],
  at: Date,
  { zones, installs }: Pick<Needs, 'zones' | 'installs'>,
): Promise<Pick<RevocationReach, 'zones' | 'installs'>> {
  const names = new Set(versions.map(({ template, version }) => `${template}@${version}`))
  const isOne = ({ template, version }: VersionId) => names.has(`${template}@${version}`)
  const open = (await installs.listOpen()).filter(({ plan }) => plannedVersions(plan).some(isOne))
  const told: RevocationReach['installs'] = []
  for (const { id, host } of open)
    told.push({ id, host, mayFinish: await beganBefore(id, at.toISOString(), installs) })
  return { zones: (await zones.list()).filter(isOne), installs: told }
}
