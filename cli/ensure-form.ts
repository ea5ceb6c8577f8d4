// A form of a version: the one that is there, or one that a worker makes now.
import { findConverted, type ConversionTarget, type ZplVersion } from '#core/conversion/target.ts'
import type { ArchiveLayout, Artifact, Manifest } from '#core/manifest.ts'
import type { TemplateRef } from '#core/names.ts'
import type { Client } from './client.ts'
import { refused } from './failures.ts'
import { versionRoute } from './reference.ts'
import { ConversionReply, VersionReply } from './replies.ts'
import { waitForJob } from './wait-for-job.ts'

/** What a ZFS stream shall be; absent: any. */
export interface StreamKind {
  zpl?: ZplVersion
  layout?: ArchiveLayout
}

export interface EnsuredForm {
  manifest: Manifest
  artifact: Artifact
  /** what a form that was made now lacks of its source, in words */
  notices: readonly string[]
}

/** Waits for the worker, with progress on stderr; whoever may not convert gets what is there. @throws JobFailed, and what the server refuses */
export async function ensureForm(
  client: Client,
  reference: TemplateRef,
  target: ConversionTarget,
): Promise<EnsuredForm> {
  const { manifest } = await client.call(VersionReply, versionRoute(reference))
  const there = findConverted(manifest.artifacts, target)
  if (there) return { manifest, artifact: there, notices: [] }
  const { template, version } = manifest
  const { job } = await askForForm(client, { template, selector: version }, target)
  const notices =
    job === undefined ? [] : await waitForJob(client, job, `converting ${template}@${version} to ${target}`)
  return { manifest, artifact: await madeForm(client, template, version, target), notices }
}

/** The reply names the job, or the form when it is there already. */
export function askForForm(
  client: Client,
  reference: TemplateRef,
  to: ConversionTarget,
  kind: StreamKind = {},
): Promise<ConversionReply> {
  return client.call(ConversionReply, `${versionRoute(reference)}/conversions`, {
    method: 'POST',
    body: { to, ...kind },
  })
}

/** The form that a job was to make. @throws JobFailed */
export async function madeForm(
  client: Client,
  template: string,
  version: string,
  target: ConversionTarget,
  { zpl, layout }: StreamKind = {},
): Promise<Artifact> {
  const { manifest } = await client.call(VersionReply, versionRoute({ template, selector: version }))
  const artifact = findConverted(manifest.artifacts, target, zpl, layout)
  if (artifact) return artifact
  throw refused('JobFailed', `the job is over, and ${template}@${version} has no ${target}`)
}
