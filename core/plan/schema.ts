// What a plan is: everything that will happen on a host, decided when the host is armed and stored with the install.
import { z } from 'zod'
import { Sha256 } from '../digest.ts'
import { HostName, ProfileName, TemplateName, VersionName, ZoneName } from '../names.ts'
import { ArchiveLayout, ArtifactFormat, Compression, OsFamily } from '../manifest.ts'

/** A version that is fetched once, however many zones are cloned from it. */
export const PlannedTemplate = z.strictObject({
  name: TemplateName,
  version: VersionName,
  brand: z.string(),
  osFamily: OsFamily,
  format: ArtifactFormat,
  compression: Compression,
  layout: ArchiveLayout.optional(),
  sha256: Sha256,
  /** bytes to transfer */
  size: z.int(),
  /** on the server, begins with "/" */
  urlPath: z.string().regex(/^\/flash\/[A-Za-z0-9._/-]+$/),
  /** `flash<template>` */
  flashZone: ZoneName,
  /** zonepath of the flash zone */
  path: z.string(),
  attachPolicy: z.enum(['strict', 'update', 'force']),
  backout: z.array(z.string()),
  afterwards: z.enum(['detach', 'keep']),
  /** SUNWdetached.xml for an archive that brings none */
  detachedXml: z.string(),
})
export type PlannedTemplate = z.infer<typeof PlannedTemplate>

export const PlannedZone = z.strictObject({
  name: ZoneName,
  template: TemplateName,
  version: VersionName,
  osFamily: OsFamily,
  zonepath: z.string(),
  nodename: z.string(),
  /** the command file, as far as it is known beforehand: the host adds removals of what the template's zone has as well */
  zonecfg: z.string(),
  /** `kind key="value"` of the resources that replace inherited ones */
  replaces: z.array(z.string()),
  /** absent where no sysidtool asks; secret */
  sysidcfg: z.string().optional(),
  /** empty files below the zoneroot */
  touch: z.array(z.string()),
  /** crypt hash, for systems that do not read sysidcfg; secret */
  rootPassword: z.string().optional(),
  timezone: z.string(),
  smoke: z.array(z.strictObject({ name: z.string(), command: z.string(), timeoutSeconds: z.int() })),
})
export type PlannedZone = z.infer<typeof PlannedZone>

/** One line of the plan. `step` is the name under which the host reports it. */
export const PlannedStep = z.strictObject({
  step: z.enum([
    'check',
    'fetch',
    'configure',
    'attach',
    'clone',
    'identity',
    'sysidcfg',
    'boot',
    'wait',
    'smoke',
    'detach',
  ]),
  /** absent: the host */
  zone: ZoneName.optional(),
  what: z.string(),
  /** to transfer */
  bytes: z.int().optional(),
})
export type PlannedStep = z.infer<typeof PlannedStep>

export const Plan = z.strictObject({
  format: z.literal(1),
  host: HostName,
  profile: ProfileName,
  createdAt: z.iso.datetime(),
  baseUrl: z.string(),
  flashRoot: z.string(),
  zonesRoot: z.string(),
  /** how long a first boot may take */
  waitSeconds: z.int(),
  /** to transfer in all */
  bytes: z.int(),
  templates: z.array(PlannedTemplate),
  zones: z.array(PlannedZone),
  steps: z.array(PlannedStep),
})
export type Plan = z.infer<typeof Plan>
