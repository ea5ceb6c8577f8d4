// `zoneflash template restore-script`: prints the script that restores the zones of an archived system.
import type { Command } from 'commander'
import { AttachPolicy } from '#core/attach-policy.ts'
import { ArchiveRow } from '#core/system-archive/finding.ts'
import { addCommand, openClient } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { wordOption } from '../option-values.ts'
import { print, printJson } from '../output.ts'
import { parseReference, versionRoute } from '../reference.ts'

interface Options {
  json?: boolean
  map?: string[]
  allow?: string[]
  attach: string
}

export function registerTemplateRestoreScript(noun: Command): void {
  addCommand(
    noun,
    'restore-script',
    'print the script that restores the zones of an archived system',
    'zoneflash template restore-script old1@stable --map bge0=e1000g0 | ssh root@new1 sh',
  )
    .argument('<name@version>')
    .option('--map <old=new...>', 'interfaces, and what they are called on the other host')
    .option('--allow <row...>', 'restore zones although these rows were refused')
    .option('--attach <policy>', `how zones are attached: ${AttachPolicy.options.join(', ')}`, 'strict')
    .action(async (name: string, options: Options) => {
      const reference = parseReference(name)
      const { map = [], allow = [] } = options
      for (const row of allow) wordOption('--allow', row, ArchiveRow.options)
      const query = {
        map: map.length > 0 ? map.map(checkedMap).join(',') : undefined,
        allow: allow.length > 0 ? allow.join(',') : undefined,
        attach: wordOption('--attach', options.attach, AttachPolicy.options),
      }
      const script = await (
        await openClient().open(`${versionRoute(reference)}/restore-script`, { query })
      ).text()
      await (options.json ? printJson({ script }) : print(script))
    })
}

function checkedMap(text: string): string {
  if (/^[^=,]+=[^=,]+$/.test(text)) return text
  throw usageFailure(`--map is ${JSON.stringify(text)}, expected OLD=NEW such as bge0=e1000g0`)
}
