// `zoneflash template export`: a version as a file in the form that is asked for, converted first when it is not there.
import type { Command } from 'commander'
import { ConversionTarget } from '#core/conversion/target.ts'
import { addCommand, openClient, show } from '../command.ts'
import { ensureForm } from '../ensure-form.ts'
import { wordOption } from '../option-values.ts'
import { printLine, renderBytes } from '../output.ts'
import { pullArtifact, refuseExisting } from '../pull-artifact.ts'
import { parseReference } from '../reference.ts'

interface ExportOptions {
  json?: boolean
  to?: string
  output?: string
  force?: boolean
}

export function registerTemplateExport(noun: Command): void {
  addCommand(
    noun,
    'export',
    'write a version as a flash archive, or in another form, to a file; run again, it goes on where it stopped',
    'zoneflash template export web@stable --to flar -o web.flar',
  )
    .argument('<name[@version]>')
    .requiredOption('--to <form>', ConversionTarget.options.join(', '))
    .option('-o, --output <file>', 'where to put it (default: NAME-VERSION.FORM)')
    .option('--force', 'replace a file that is there already')
    .action(async (text: string, { json, to = '', output, force }: ExportOptions) => {
      const target = wordOption('--to', to, ConversionTarget.options)
      const reference = parseReference(text)
      if (output !== undefined && !force) await refuseExisting(output)
      const client = openClient()
      const { manifest, artifact, notices } = await ensureForm(client, reference, target)
      for (const notice of notices) process.stderr.write(`note: ${notice}\n`)
      const { template, version } = manifest
      const file = output ?? `${template}-${version}.${target}`
      if (!force) await refuseExisting(file)
      process.stderr.write(`exporting ${template}@${version} (${target}) to ${file}\n`)
      await pullArtifact(client, artifact, file)
      const { size, sha256 } = artifact
      await show(json, { template, version, form: target, file, size, sha256 }, () =>
        printLine(`${file}: ${renderBytes(size)}, sha256 ${sha256}`),
      )
    })
}
