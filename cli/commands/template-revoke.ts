// `zoneflash template revoke|unrevoke`: keeps a version, and all that is built on it, from new installs.
import type { Command } from 'commander'
import { renderBlock } from '#core/channel/errors.ts'
import { renderReach } from '../channel-lines.ts'
import { addCommand, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { print, printLine } from '../output.ts'
import { parseTwoWords, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'
import { ReachReply } from '../replies/channels.ts'

interface Options {
  json?: boolean
  why?: string
}

export function registerTemplateRevoke(noun: Command): void {
  addCommand(
    noun,
    'revoke',
    'keep a version, and all that is built on it, from new installs; names the hosts that run it',
    'zoneflash template revoke default 20261120T110203Z --why "root has a known password"',
  )
    .argument('<name[@version]>')
    .argument('[version]')
    .option('--why <text>', 'told to whoever is refused')
    .action(async (text: string, version: string | undefined, { json, why }: Options) => {
      const reference = oneVersion(text, version)
      const reach = await openClient().call(ReachReply, `${versionRoute(reference)}/revoke`, {
        method: 'POST',
        body: { why },
      })
      const revoked = `${reference.template}@${reference.selector}`
      await show(json, reach, () => print(renderReach(revoked, reach)))
    })

  addCommand(
    noun,
    'unrevoke',
    'let new installs have a revoked version again',
    'zoneflash template unrevoke default 20261120T110203Z',
  )
    .argument('<name[@version]>')
    .argument('[version]')
    .option('--why <text>', 'kept in the history')
    .action(async (text: string, version: string | undefined, { json, why }: Options) => {
      const reference = oneVersion(text, version)
      const reply = await openClient().call(VersionReply, `${versionRoute(reference)}/unrevoke`, {
        method: 'POST',
        body: { why },
      })
      const { template, selector } = reference
      await show(json, reply, ({ blockedBy }) =>
        printLine(
          `${template}@${selector} is ready again${blockedBy ? `, and still ${renderBlock(template, selector, blockedBy)}` : ''}`,
        ),
      )
    })
}

/** Not by channel: what a channel stands for may change between looking and revoking. */
function oneVersion(text: string, version: string | undefined): ReturnType<typeof parseTwoWords> {
  const reference = parseTwoWords(text, version)
  if (/^[0-9]/.test(reference.selector)) return reference
  throw usageFailure(
    `expected a version, got the channel ${JSON.stringify(reference.selector)}; \`zoneflash template show ${reference.template}\` lists them`,
  )
}
