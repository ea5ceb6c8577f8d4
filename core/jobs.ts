import { z } from 'zod'
import { BuildStepName } from './build/steps.ts'
import { ConversionTarget, ZplVersion } from './conversion/target.ts'
import { ArchiveLayout } from './manifest.ts'
import { HostName, TemplateName, VersionName, ZoneName } from './names.ts'
import { ArchiveRow } from './system-archive/finding.ts'
import { ExcludedDirectory } from './system-archive/excluded-directory.ts'

/** Every background job and the data it carries; producer and worker both parse with it. */
export const jobData = {
  /** Turns a detached zone on a host into the artifacts of the version, whose row stands in state `building`. */
  package: z.strictObject({ template: TemplateName, version: VersionName, host: HostName, zone: ZoneName }),
  /** Archives a host's whole system with its zones as the version, whose row stands in state `building`. */
  'archive-system': z.strictObject({
    template: TemplateName,
    version: VersionName,
    host: HostName,
    /** refused archive rows that travel all the same */
    allow: z.array(ArchiveRow).max(32),
    /** zones that run are halted first and booted again afterwards */
    halt: z.boolean(),
    /** directories that stay, empty */
    exclude: z.array(ExcludedDirectory).max(256),
  }),
  /** Takes back what an archive job that is over left undone on its host. */
  'repair-archive': z.strictObject({ host: HostName }),
  /** Removes what a deleted version has left on the host where it was made. */
  release: z.strictObject({
    template: TemplateName,
    version: VersionName,
    host: HostName,
    zone: ZoneName,
    /** the zone goes too: a build made it for this version */
    golden: z.boolean().optional(),
    /** the zone that it became on build hosts where other templates were built on it */
    imported: ZoneName.optional(),
  }),
  /** Makes another form of a version that is ready, for whoever asked. */
  convert: z.strictObject({
    template: TemplateName,
    version: VersionName,
    to: ConversionTarget,
    /** of a ZFS stream */
    zpl: ZplVersion.optional(),
    /** of a full ZFS stream: what its top is */
    layout: ArchiveLayout.optional(),
    actor: z.string(),
  }),
  /** Does one step of a build; jobs of one flow, each waits for the step before it. */
  build: z.strictObject({ build: z.uuid(), step: BuildStepName }),
  /** Stops what a build that is over has left running on its host. */
  stop: z.strictObject({ build: z.uuid() }),
  /** Removes the zones of a build that is over. */
  discard: z.strictObject({ build: z.uuid() }),
}
export type JobName = keyof typeof jobData
export type JobData<N extends JobName> = z.infer<(typeof jobData)[N]>
