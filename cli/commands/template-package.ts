// `zoneflash template package`: a worker turns a detached zone on a host into a version.
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import type { Client } from '../client.ts'
import { addCommand, openClient, show } from '../command.ts'
import { hintAtStable } from '../channels.ts'
import { refused, usageFailure } from '../failures.ts'
import { printLine } from '../output.ts'
import { startProgress, type Progress } from '../progress.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { JobReply, PackageReply, VersionReply } from '../replies.ts'

export interface PackageOptions {
  json?: boolean
  host?: string
  zone?: string
  version?: string
  origin?: string
}

const LOOK_EVERY_MS = 500

/** What a package job says of itself; a job that has said nothing yet may hold any value. */
const JobProgress = z
  .object({ bytes: z.number().catch(0), code: z.string().catch('JobFailed') })
  .catch({ bytes: 0, code: 'JobFailed' })

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
  const progress = startProgress(`packaging ${host}:${zone}`, 0)
  try {
    await untilOver(client, started.job, progress)
  } finally {
    progress.stop()
  }
  const reference = { template, selector: started.version }
  const made = await client.call(VersionReply, versionRoute(reference))
  await show(json, made, () =>
    printLine(`${template}@${started.version} is ${made.state}: ${made.manifest.artifacts.length} forms`),
  )
  await hintAtStable(client, made.manifest)
}

/** @throws CliFailure with what stopped the job */
async function untilOver(client: Client, id: string, progress: Progress): Promise<void> {
  for (;;) {
    const job = await client.call(JobReply, `/api/v1/jobs/${encodeURIComponent(id)}`)
    if (job.state === 'completed') return
    const { bytes, code } = JobProgress.parse(job.progress ?? {})
    if (job.state === 'failed') throw refused(code, job.error ?? `job ${id} failed`)
    progress.to(bytes)
    await wait(LOOK_EVERY_MS)
  }
}
