// The refusals about channels, in the same words wherever they are found.
import { ProvisionError } from '../errors.ts'
import type { Block } from './schema.ts'

/** `revoked`, or `blocked by default@1 (revoked: it leaks a key)`. */
export function renderBlock(template: string, version: string, block: Block): string {
  const why = block.why === undefined ? '' : `: ${block.why}`
  return block.template === template && block.version === version
    ? `revoked${why}`
    : `blocked by ${block.template}@${block.version} (revoked${why})`
}

/** `channel`: the one that was asked for, if it was one. */
export function versionRevoked(
  template: string,
  version: string,
  block: Block,
  channel?: string,
): ProvisionError {
  const asked = channel === undefined ? '' : `${template}@${channel} is `
  const advice =
    channel === undefined
      ? `expected another version, or \`template unrevoke ${block.template} ${block.version}\``
      : `\`template rollback ${template} --channel ${channel}\` or promote another version to ${channel}`
  return new ProvisionError(
    'conflict',
    'VersionRevoked',
    `${asked}${template}@${version}, which is ${renderBlock(template, version, block)}; ${advice}`,
    { details: { template, version, blockedBy: block } },
  )
}

export const nothingToRollBackTo = (template: string, channel: string, current: string | undefined) =>
  new ProvisionError(
    'conflict',
    'NothingToRollBackTo',
    current === undefined
      ? `${template} has no channel ${channel}, expected one that points at a version`
      : `${template}@${channel} is ${current}, and no earlier version of its history is ready and not revoked; expected --to VERSION`,
  )
