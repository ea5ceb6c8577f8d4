// `zoneflash template package`: a worker turns a detached zone on a host into a version.
import type { Command } from 'commander'
import { addCommand, openClient, show } from '../command.ts'
import { hintAtStable } from '../channels.ts'
import { usageFailure } from '../failures.ts'
import { printLine } from '../output.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { PackageReply, VersionReply } from '../replies.ts'
import { waitForJob } from '../wait-for-job.ts'

export interface PackageOptions {
  json?: boolean
  host?: string
  zone?: string
  version?: string
  origin?: string
}

export function registerTemplatePackage(noun: Command): void {
  addCommand(
    noun,
    'package',
    'package a halted, detached zone of a host as a new version',
    'zoneflash template package mysql --host golden --zone mysql --origin default@stable',
  )
    .argument('<name>')
    .requiredOption('--host <host>', 'the host that has the zone')
    .requiredOption('--zone <zone>', 'the zone')
    .option('--version <version>', 'name of the version: begins with a digit (default: the time)')
    .option('--origin <name@version>', 'the version that this one was cloned from')
    .action((name: string, options: PackageOptions) => packageZone(parseReference(name).template, options))
}

/** Starts the job and stays until it is over. */
export async function packageZone(template: string, options: PackageOptions): Promise<void> {
  const { host, zone, version, json } = options
  if (host === undefined || zone === undefined) throw usageFailure('expected --host and --zone together')
  const origin = options.origin === undefined ? undefined : parseReference(options.origin)
  const client = openClient()
  const started = await client.call(PackageReply, `/api/v1/templates/${template}/package`, {
    method: 'POST',
    body: {
      host,
      zone,
      ...(version !== undefined && { version }),
      ...(origin && { origin: { template: origin.template, version: origin.selector } }),
    },
  })
  await waitForJob(client, started.job, `packaging ${host}:${zone}`)
  const reference = { template, selector: started.version }
  const made = await client.call(VersionReply, versionRoute(reference))
  await show(json, made, () =>
    printLine(`${template}@${started.version} is ${made.state}: ${made.manifest.artifacts.length} forms`),
  )
  await hintAtStable(client, made.manifest)
}
