// `zoneflash audit`: who did what, newest first.
import type { Command } from 'commander'
import { z } from 'zod'
import { addCommand, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { print, renderName, renderTable } from '../output.ts'
import { AuditReply } from '../replies.ts'

export function registerAudit(program: Command): void {
  addCommand(program, 'audit', 'show who did what, newest first', 'zoneflash audit --limit 20')
    .option('--limit <count>', 'how many', '50')
    .action(async ({ json, limit }: { json?: boolean; limit: string }) => {
      if (!/^[1-9][0-9]*$/.test(limit))
        throw usageFailure(`--limit is ${JSON.stringify(limit)}, expected a number above 0`)
      const events = await openClient().call(z.array(AuditReply), '/api/v1/audit', { query: { limit } })
      await show(json, events, (list) =>
        print(
          renderTable(
            ['WHEN', 'WHO', 'WHAT', 'SUBJECT'],
            list.map((event) => [event.at, event.actor, event.action, renderName(event.subject)]),
          ),
        ),
      )
    })
}
