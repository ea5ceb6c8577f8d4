// `zoneflash host archive`: a worker archives a whole host with its zones as a version of kind system.
import type { Command } from 'commander'
import { z } from 'zod'
import { ArchiveRow } from '#core/system-archive/finding.ts'
import { addCommand, openClient, show } from '../command.ts'
import { hintAtStable } from '../channels.ts'
import { usageFailure } from '../failures.ts'
import { wordOption } from '../option-values.ts'
import { printLine, renderName } from '../output.ts'
import { hostRoute, parseReference, versionRoute } from '../reference.ts'
import { PackageReply, VersionReply } from '../replies.ts'
import { waitForJob } from '../wait-for-job.ts'

interface Options {
  json?: boolean
  template?: string
  version?: string
  allow?: string[]
  halt?: boolean
  exclude?: string[]
  repair?: boolean
}

export function registerHostArchive(noun: Command): void {
  addCommand(
    noun,
    'archive',
    'archive the whole system of a host with its zones',
    'zoneflash host archive old1 --template old1 --halt',
    'zoneflash host archive old1 --repair',
  )
    .argument('<host>')
    .option('--template <name>', 'the template of kind system that gets the version')
    .option('--version <version>', 'name of the version: begins with a digit (default: the time)')
    .option('--halt', 'halt zones that run, and boot them again afterwards, in their order')
    .option('--allow <row...>', 'archive although these rows are refused')
    .option('--exclude <directory...>', 'leave out what is in them')
    .option('--repair', 'only attach and boot again what an earlier archive left')
    .action((host: string, options: Options) =>
      options.repair ? repairHost(host, options) : archiveHost(host, options),
    )
}

async function archiveHost(host: string, options: Options): Promise<void> {
  const { version, halt = false, exclude = [], json } = options
  if (options.template === undefined) throw usageFailure('expected --template NAME, or --repair')
  const { template } = parseReference(options.template)
  const allow = (options.allow ?? []).map((row) => wordOption('--allow', row, ArchiveRow.options))
  const client = openClient()
  const started = await client.call(PackageReply, `${hostRoute(host)}/archive`, {
    method: 'POST',
    body: { template, allow, halt, exclude, ...(version !== undefined && { version }) },
  })
  const notices = await waitForJob(client, started.job, `archiving ${host}`)
  const reference = { template, selector: started.version }
  const made = await client.call(VersionReply, versionRoute(reference))
  await show(json, made, async () => {
    for (const notice of notices) await printLine(renderName(notice))
    await printLine(
      `${template}@${started.version} is ${made.state}: ${made.manifest.artifacts.length} forms of the whole system`,
    )
  })
  await hintAtStable(client, made.manifest)
}

async function repairHost(host: string, { json }: Options): Promise<void> {
  const client = openClient()
  const { job } = await client.call(z.object({ job: z.string() }), `${hostRoute(host)}/archive/repair`, {
    method: 'POST',
  })
  const said = await waitForJob(client, job, `repairing ${host}`)
  await show(json, { host, done: said }, async () => {
    for (const line of said) await printLine(renderName(line))
    await printLine(`nothing is left of an archive on ${host}`)
  })
}
