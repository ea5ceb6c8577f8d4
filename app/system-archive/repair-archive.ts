// The `repair-archive` job: zones that an archive job which is over left detached or halted become what they were.
import type { Host } from '#core/host.ts'
import type { JobData } from '#core/jobs.ts'
import type { HostRegistry, HostShell } from '../ports/hosts.ts'
import type { JobQueue } from '../ports/queue.ts'
import { reportFinalFailure, type Report } from '../report-progress.ts'
import { repairHost } from './host-hold.ts'

interface Needs {
  hosts: HostRegistry
  queue: JobQueue
  openShell: (host: Host) => HostShell
}

/** @throws HostBusy, RepairFailed, HostUnreachable */
export async function repairArchive(
  { host: name }: JobData<'repair-archive'>,
  signal: AbortSignal,
  report: Report,
  { hosts, queue, openShell }: Needs,
): Promise<void> {
  const host = await hosts.get(name)
  try {
    const said = await repairHost(host.name, { shell: openShell(host), queue })
    await report({ step: 'done', bytes: 0, notices: said })
  } catch (error) {
    await reportFinalFailure(error, signal, report)
    throw error
  }
}
