// `zoneflash gc`: what may be garbage, why it stays or goes, and the end of it.
import type { Command } from 'commander'
import { GarbageLine, type GarbageObject, type GarbageTotal } from '#core/retention/report.ts'
import { addCommand, openClient } from '../command.ts'
import { refused } from '../failures.ts'
import { eachLine, eachParsedLine } from '../lines.ts'
import { printLine, renderBytes, renderName } from '../output.ts'

interface Options {
  json?: boolean
  dryRun?: boolean
  all?: boolean
}

export function registerGc(program: Command): void {
  addCommand(
    program,
    'gc',
    'delete versions that retention lets go and nothing uses, and blobs, logs and zones that nothing refers to',
    'zoneflash gc --dry-run',
    'zoneflash gc --dry-run --json | grep delete',
  )
    .option('--dry-run', 'list every object with the reason it stays or goes, delete nothing')
    .option('--all', 'list also what stays')
    .action(async ({ json, dryRun = false, all = dryRun }: Options) => {
      const reply = await openClient().open('/api/v1/gc', { method: 'POST', body: { dryRun } })
      let isWhole = false
      for await (const { line, json: text } of eachParsedLine(GarbageLine, eachLine(reply))) {
        isWhole ||= line.kind === 'total'
        if (json) await printLine(text)
        else if (line.kind === 'total') await printLine(renderTotal(line))
        else if (all || line.verdict === 'delete') await printLine(renderObject(line))
      }
      if (!isWhole)
        throw refused('GarbageReportIncomplete', 'the report of gc broke off before its end', {
          advice: 'run it again; the server’s log says why it ended',
        })
    })
}

function renderObject({ verdict, kind, name, bytes, reasons, when }: GarbageObject): string {
  const shown = kind === 'blob' ? `${name.slice(0, 16)}…` : renderName(name)
  const size = bytes === undefined ? '' : renderBytes(bytes)
  return `${(when === 'asked' ? 'ask' : verdict).padEnd(6)}  ${kind.padEnd(7)}  ${shown.padEnd(28)}  ${size.padStart(10)}  ${reasons.map(renderName).join('; ')}`
}

function renderTotal({ dryRun, keep, delete: gone, later, asked }: GarbageTotal): string {
  const stays = `${count(keep.objects)} with ${renderBytes(keep.bytes)} ${dryRun ? 'would stay' : keep.objects === 1 ? 'stays' : 'stay'}`
  const goes = `${count(gone.objects)} ${dryRun ? 'would go and free' : 'went and freed'} ${renderBytes(gone.bytes)}`
  const young =
    later.objects === 0
      ? ''
      : `\n${renderBytes(later.bytes)} of that is used by nothing but was stored lately: a later run frees it`
  const zones =
    asked === 0
      ? ''
      : `\n${asked === 1 ? '1 zone' : `${asked} zones`}: ${dryRun ? 'the hosts would be' : 'the hosts are'} asked to remove what is theirs; one that is away is asked again by the next run`
  return `${goes}; ${stays}${young}${zones}`
}

const count = (objects: number) => (objects === 1 ? '1 object' : `${objects} objects`)
