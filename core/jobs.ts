import { z } from 'zod'
import { HostName, TemplateName, VersionName, ZoneName } from './names.ts'

/** Every background job and the data it carries; producer and worker both parse with it. */
export const jobData = {
  /** Turns a detached zone on a host into the artifacts of the version, whose row stands in state `building`. */
  package: z.strictObject({ template: TemplateName, version: VersionName, host: HostName, zone: ZoneName }),
  /** Removes the snapshot that packaging took on the host for a version that was deleted. */
  release: z.strictObject({ template: TemplateName, version: VersionName, host: HostName, zone: ZoneName }),
}
export type JobName = keyof typeof jobData
export type JobData<N extends JobName> = z.infer<(typeof jobData)[N]>
