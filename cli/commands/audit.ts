// `zoneflash audit`: who did what, newest first.
import type { Command } from 'commander'
import { z } from 'zod'
import { addCommand, openClient, show } from '../command.ts'
import { numberOption } from '../option-values.ts'
import { print, renderName, renderTable } from '../output.ts'
import { AuditReply } from '../replies.ts'

export function registerAudit(program: Command): void {
  addCommand(program, 'audit', 'show who did what, newest first', 'zoneflash audit --limit 20')
    .option('--limit <count>', 'how many', '50')
    .action(async ({ json, limit }: { json?: boolean; limit: string }) => {
      const query = { limit: String(numberOption('--limit', limit, 1, 10_000)) }
      const events = await openClient().call(z.array(AuditReply), '/api/v1/audit', { query })
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
