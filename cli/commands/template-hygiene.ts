// `zoneflash template hygiene`: whether a version carries what must not travel.
import type { Command } from 'commander'
import { addCommand, openClient, show } from '../command.ts'
import { refused } from '../failures.ts'
import { print, renderName, renderTable } from '../output.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { HygieneReply } from '../replies/hygiene.ts'

export function registerTemplateHygiene(noun: Command): void {
  addCommand(
    noun,
    'hygiene',
    'search a version for what must not travel; ends with 1 when there is something',
    'zoneflash template hygiene mysql@candidate',
  )
    .argument('<name[@version]>')
    .action(async (text: string, { json }: { json?: boolean }) => {
      const report = await openClient().call(HygieneReply, `${versionRoute(parseReference(text))}/hygiene`)
      await show(json, report, (value) => print(renderReport(value)))
      const { findings, template, version } = report
      if (findings.length === 0) return
      const count = findings.length === 1 ? 'one finding' : `${findings.length} findings`
      throw refused('HygieneFindings', `${template}@${version} has ${count}`, {
        advice: 'docs/hygiene.md says why each matters and how to mend it; a recipe may name exceptions',
      })
    })
}

function renderReport({ template, version, findings, notices }: HygieneReply): string {
  const told = notices.map((notice) => `note: ${renderName(notice)}\n`).join('')
  if (findings.length === 0) return `${template}@${version} is clean\n${told}`
  const rows = findings.map(({ rule, path, message }) => [rule, renderName(path), renderName(message)])
  return renderTable(['RULE', 'PATH', 'WHAT'], rows) + told
}
