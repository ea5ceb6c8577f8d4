// Whether a revocation keeps an armed host from its install: one that had begun may finish, any other may not begin.
import { versionRevoked } from '#core/channel/errors.ts'
import { NOTICE } from '#core/install-state.ts'
import type { ProvisionError } from '#core/errors.ts'
import { plannedVersions } from '../planned-versions.ts'
import type { ChannelStore } from '../ports/channels.ts'
import type { Install, InstallLog } from '../ports/installs.ts'

interface Needs {
  channels: ChannelStore
  installs: InstallLog
}

/** Whether the host had reported something by then. */
export async function beganBefore(
  install: string,
  moment: string,
  installs: Pick<InstallLog, 'events'>,
): Promise<boolean> {
  const first = (await installs.events(install)).find(({ step }) => step !== NOTICE)
  return first !== undefined && Date.parse(first.receivedAt) < Date.parse(moment)
}

/** Why the install may not begin; the refusal is in its timeline afterwards, once for each revocation. */
export async function refuseRevokedInstall(
  { id, plan }: Install,
  { channels, installs }: Needs,
): Promise<ProvisionError | undefined> {
  for (const { template, version } of plannedVersions(plan)) {
    const block = await channels.blockOf(template, version)
    if (!block || (await beganBefore(id, block.since, installs))) continue
    const refusal = versionRevoked(template, version, block)
    await installs.record(id, {
      id: `revoked-${Date.parse(block.since)}`,
      step: NOTICE,
      state: 'failed',
      message: `refused: ${refusal.message}; then arm the host again`,
    })
    return refusal
  }
  return undefined
}
