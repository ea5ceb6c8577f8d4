// `zoneflash template pull`: one form of a version as a file, whole and verified.
import type { Command } from 'commander'
import { artifactExtension } from '#core/manifest.ts'
import { chooseForm } from '../choose-form.ts'
import { addCommand, openClient, show } from '../command.ts'
import { printLine, renderBytes } from '../output.ts'
import { pullArtifact, refuseExisting } from '../pull-artifact.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'

interface PullOptions {
  json?: boolean
  form?: string
  output?: string
  force?: boolean
}

export function registerTemplatePull(noun: Command): void {
  addCommand(
    noun,
    'pull',
    'fetch one form of a version; run again, it goes on where it stopped',
    'zoneflash template pull web@stable --form tar.gz -o web.tar.gz',
  )
    .argument('<name[@version]>')
    .option('--form <form>', 'e.g. tar.gz, tar.zst, cpio.gz, zfs, or a sha256 (default: the first there is)')
    .option('-o, --output <file>', 'where to put it (default: NAME-VERSION.FORM)')
    .option('--force', 'replace a file that is there already')
    .action(async (text: string, options: PullOptions) => {
      const client = openClient()
      const { manifest } = await client.call(VersionReply, versionRoute(parseReference(text)))
      const { artifact, notice } = chooseForm(manifest, options.form)
      const file = options.output ?? `${manifest.template}-${manifest.version}.${artifactExtension(artifact)}`
      process.stderr.write(
        `pulling ${manifest.template}@${manifest.version} (${artifactExtension(artifact)})\n`,
      )
      if (notice !== undefined) process.stderr.write(`${notice}\n`)
      if (!options.force) await refuseExisting(file)
      await pullArtifact(client, artifact, file)
      const result = { file, size: artifact.size, sha256: artifact.sha256 }
      await show(options.json, result, () =>
        printLine(`${file}: ${renderBytes(artifact.size)}, sha256 ${artifact.sha256}`),
      )
    })
}
