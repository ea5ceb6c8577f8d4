// `zoneflash template keep`: how long versions stay that nothing uses.
import type { Command } from 'commander'
import { Retention } from '#core/retention/policy.ts'
import { addCommand, openClient, show } from '../command.ts'
import { numberOption } from '../option-values.ts'
import { printLine } from '../output.ts'
import { parseReference } from '../reference.ts'

interface Options {
  json?: boolean
  last?: string
  days?: string
}

export function registerTemplateKeep(noun: Command): void {
  addCommand(
    noun,
    'keep',
    'say how long versions stay that nothing uses; without options, show it',
    'zoneflash template keep mysql',
    'zoneflash template keep mysql --last 3 --days 30',
  )
    .argument('<name>')
    .option('--last <count>', 'so many of the newest ready versions stay in any case')
    .option('--days <days>', 'what is younger stays too')
    .action(async (text: string, { json, last, days }: Options) => {
      const wantedLast = last === undefined ? undefined : numberOption('--last', last, 1, 1000)
      const wantedDays = days === undefined ? undefined : numberOption('--days', days, 0, 3650)
      const client = openClient()
      const { template } = parseReference(text)
      const route = `/api/v1/templates/${template}/retention`
      const before = await client.call(Retention, route)
      const wanted = {
        keepLast: wantedLast ?? before.keepLast,
        keepDays: wantedDays ?? before.keepDays,
      }
      const isAsked = last === undefined && days === undefined
      const retention = isAsked
        ? before
        : await client.call(Retention, route, { method: 'PUT', body: wanted })
      await show(json, { name: template, ...retention }, ({ keepLast, keepDays }) =>
        printLine(`${template} keeps its last ${keepLast} versions, and those of the last ${keepDays} days`),
      )
    })
}
