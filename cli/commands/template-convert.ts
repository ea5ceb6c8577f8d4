// `zoneflash template convert`: a worker makes another form of a version from one that it has.
import type { Command } from 'commander'
import {
  ConversionTarget,
  defaultZpl,
  hasChosenLayout,
  isStreamTarget,
  type ZplVersion,
} from '#core/conversion/target.ts'
import { ArchiveLayout, artifactExtension, type Artifact } from '#core/manifest.ts'
import { addCommand, openClient, show } from '../command.ts'
import { askForForm, madeForm, type StreamKind } from '../ensure-form.ts'
import { usageFailure } from '../failures.ts'
import { numberOption, wordOption } from '../option-values.ts'
import { printLine, renderBytes } from '../output.ts'
import { parseReference } from '../reference.ts'
import { waitForJob } from '../wait-for-job.ts'

interface ConvertOptions {
  json?: boolean
  to?: string
  zpl?: string
  layout?: string
  wait: boolean
}

export function registerTemplateConvert(noun: Command): void {
  addCommand(
    noun,
    'convert',
    'make another form of a version from one that it has',
    'zoneflash template convert web@stable --to zfs',
    'zoneflash template convert web@stable --to cpio.gz',
    'zoneflash template convert web@stable --to zfs.gz --layout zoneroot',
  )
    .argument('<name[@version]>')
    .requiredOption('--to <form>', ConversionTarget.options.join(', '))
    .option(
      '--zpl <version>',
      'of the file system in a ZFS stream: 4, which every host takes, or 5 (default: whichever is there, else 4 or that of the origin’s stream)',
    )
    .option(
      '--layout <layout>',
      'of a full ZFS stream: zonepath (root/ in it) or zoneroot (default: whichever is there)',
    )
    .option('--no-wait', 'only ask for it')
    .action(convert)
}

async function convert(
  text: string,
  { json, to = '', zpl: version, layout: top, wait }: ConvertOptions,
): Promise<void> {
  const target = wordOption('--to', to, ConversionTarget.options)
  const zpl = version === undefined ? undefined : zplOption(version)
  if (zpl !== undefined && !isStreamTarget(target))
    throw usageFailure(`--zpl is for ZFS streams, expected --to zfs with it, got ${target}`)
  const layout = top === undefined ? undefined : wordOption('--layout', top, ArchiveLayout.options)
  if (layout !== undefined && !hasChosenLayout(target))
    throw usageFailure(`--layout is for full ZFS streams, expected --to zfs with it, got ${target}`)
  const kind: StreamKind = { ...(zpl !== undefined && { zpl }), ...(layout && { layout }) }
  const reference = parseReference(text)
  const client = openClient()
  const asked = await askForForm(client, reference, target, kind)
  const name = `${reference.template}@${asked.version}`
  if (asked.job === undefined) {
    await show(json, asked, async () => {
      if (asked.artifact)
        await printLine(`${name} has ${rendered(asked.artifact)} already${kindOf(asked.artifact, zpl)}`)
    })
  } else if (wait) {
    const notices = await waitForJob(client, asked.job, `converting ${name} to ${target}`)
    for (const notice of notices) process.stderr.write(`note: ${notice}\n`)
    const artifact = await madeForm(client, reference.template, asked.version, target, kind)
    await show(json, { ...asked, artifact }, () => printLine(`${name} has ${rendered(artifact)}`))
  } else {
    await show(json, asked, () => printLine(`${name} will have ${target}: job ${asked.job}`))
  }
}

function zplOption(text: string): ZplVersion {
  return numberOption('--zpl', text, 4, 5) === 4 ? 4 : 5
}

function rendered(artifact: Artifact): string {
  return `${artifactExtension(artifact)}: ${renderBytes(artifact.size)}, sha256 ${artifact.sha256}`
}

/** `: ZPL 5, features zstd; --zpl 4 gives an older one` for a stream, which may be another than was thought of. */
function kindOf({ format, zfs }: Artifact, asked: ZplVersion | undefined): string {
  if (!zfs) return ''
  const { zplVersion, features } = zfs
  const kind = [
    ...(zplVersion === undefined ? [] : [`ZPL ${zplVersion}`]),
    ...(features.length > 0 ? [`features ${features.join(', ')}`] : []),
  ]
  const isNewer = format === 'zfs' && asked === undefined && (zplVersion ?? 0) > defaultZpl
  return (
    (kind.length > 0 ? `: ${kind.join(', ')}` : '') +
    (isNewer ? `; --zpl ${defaultZpl} gives an older one` : '')
  )
}
