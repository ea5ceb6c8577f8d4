// Who archives a host: a directory there, with a journal of what was done to its zones.
import { ProvisionError } from '#core/errors.ts'
import {
  ARCHIVE_DIRECTORY,
  archiveCommand,
  ownerCommand,
  removeEmptyCommand,
  takeCommand,
} from '#core/system-archive/commands.ts'
import type { VersionId } from '../ports/catalog.ts'
import type { HostShell } from '../ports/hosts.ts'
import type { JobQueue } from '../ports/queue.ts'
import { packageJobId } from '../request-package.ts'

interface Needs {
  shell: HostShell
  queue: JobQueue
  readScript: () => Promise<string>
}

/** Attaching compares every package, and each zone may take minutes. */
const REPAIR_TIMEOUT_MS = 6 * 3_600_000

/** The first finds what an earlier try left, the second a free host. */
const MAX_TRIES = 3

const ownerOf = ({ template, version }: VersionId): string => `${template}_${version}`

/**
 * Makes the host this version's. What an earlier try, or a job that died, left undone there is taken back first.
 * @throws HostBusy while another version of it is being made, RepairFailed
 */
export async function holdHost(id: VersionId, host: string, needs: Needs): Promise<void> {
  const { shell, readScript } = needs
  for (let tries = 1; ; tries++) {
    const input = await readScript()
    const owner = (await shell.run(takeCommand(ownerOf(id)), { input })).trim()
    if (owner === 'new') return
    if (owner !== ownerOf(id)) await refuseLive(owner, host, needs)
    if (tries > MAX_TRIES) throw repairFailed(host, `${ARCHIVE_DIRECTORY} of it does not go away`)
    await takeBack(owner, host, needs)
  }
}

/** Takes back what is undone on the host; what it says, a line each. @throws HostBusy, RepairFailed */
export async function repairHost(host: string, needs: Omit<Needs, 'readScript'>): Promise<string[]> {
  const owner = (await needs.shell.run(ownerCommand)).trim()
  if (owner === '') return []
  await refuseLive(owner, host, needs)
  return takeBack(owner, host, needs)
}

/** Every zone as it was found. @throws RepairFailed with what resists, HostUnreachable */
export async function releaseHost(host: string, { shell }: Pick<Needs, 'shell'>): Promise<string[]> {
  try {
    const said = await shell.run(archiveCommand('repair'), { timeoutMs: REPAIR_TIMEOUT_MS })
    return said.split('\n').filter((line) => line !== '')
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.kind === 'unavailable') throw error
    const said = error.details?.['stderr']
    throw repairFailed(host, typeof said === 'string' ? said.trim() : error.message, error)
  }
}

function repairFailed(host: string, why: string, cause?: unknown): ProvisionError {
  return new ProvisionError(
    'conflict',
    'RepairFailed',
    `not every zone of host ${host} is as it was: ${why}; mend it, then zoneflash host archive ${host} --repair`,
    { cause },
  )
}

/** Nothing was done to any zone before the owner was written down. */
async function takeBack(owner: string, host: string, { shell }: Pick<Needs, 'shell'>): Promise<string[]> {
  if (owner !== '?') return releaseHost(host, { shell })
  await shell.run(removeEmptyCommand)
  return []
}

async function refuseLive(owner: string, host: string, { queue }: Pick<Needs, 'queue'>): Promise<void> {
  const at = owner.indexOf('_')
  if (at < 0) return
  const id = { template: owner.slice(0, at), version: owner.slice(at + 1) }
  const job = await queue.status(packageJobId(id))
  if (job === undefined || job.state === 'completed' || job.state === 'failed') return
  throw new ProvisionError(
    'conflict',
    'HostBusy',
    `host ${host} is being archived as ${id.template}@${id.version}, expected that to be over; ${ARCHIVE_DIRECTORY} on it holds its journal`,
    { details: { job: job.id } },
  )
}
