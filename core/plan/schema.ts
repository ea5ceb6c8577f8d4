// What a plan is: everything that will happen on a host, decided when the host is armed and stored with the install.
import { z } from 'zod'
import { AttachPolicy } from '../attach-policy.ts'
import { Sha256 } from '../digest.ts'
import { HostInterface } from '../host.ts'
import { ChannelName, HostName, ProfileName, TemplateName, VersionName, ZoneName } from '../names.ts'
import { ArchiveLayout, ArtifactFormat, CapturedZone, Compression, OsFamily } from '../manifest.ts'
import { ProfileKayak } from '../profile.ts'
import { NameService } from '../sysidcfg/settings.ts'

/** A form that builds on the version's origin. The host takes it when it has that origin, and the full form when it has not. */
export const PlannedDelta = z.strictObject({
  format: z.enum(['zfs-incremental', 'layer']),
  compression: Compression,
  sha256: Sha256,
  /** bytes to transfer */
  size: z.int(),
  urlPath: z.string().regex(/^\/(?:flash|blobs)\/[A-Za-z0-9._/-]+$/),
  origin: z.strictObject({ template: TemplateName, version: VersionName }),
  /** where the host keeps that template */
  originPath: z.string(),
  /** zfs-incremental: guid of the snapshot that the host must have */
  fromGuid: z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
  /** layer: the artifacts of the origin that give the tree which it applies to */
  onto: z.array(Sha256),
})
export type PlannedDelta = z.infer<typeof PlannedDelta>

/** One way to bring a version to the host, and why it was or was not chosen. */
export const PlannedChoice = z.strictObject({
  /** `already there`, or an artifact's extension, with its ZPL version where there are several */
  form: z.string(),
  /** of the artifact; absent in plans of before */
  sha256: Sha256.optional(),
  /** to transfer */
  bytes: z.int(),
  usable: z.boolean(),
  chosen: z.boolean(),
  why: z.string(),
  /** until the template stands there, about (expected-seconds.ts); absent in plans of before */
  seconds: z.number().optional(),
})
export type PlannedChoice = z.infer<typeof PlannedChoice>

/** One way to make a zone from its template on the host, and why it was or was not chosen. */
export const PlannedWay = z.strictObject({
  way: z.enum(['personal stream', 'clone']),
  /** to transfer beside the template, about */
  bytes: z.int(),
  /** until the zone is installed, about (expected-seconds.ts) */
  seconds: z.number(),
  usable: z.boolean(),
  chosen: z.boolean(),
  why: z.string(),
})
export type PlannedWay = z.infer<typeof PlannedWay>

/** A version that is fetched once, however many zones are cloned from it. */
export const PlannedTemplate = z.strictObject({
  name: TemplateName,
  version: VersionName,
  brand: z.string(),
  osFamily: OsFamily,
  /** the full form, which the host takes when none of `deltas` will do */
  format: ArtifactFormat,
  compression: Compression,
  layout: ArchiveLayout.optional(),
  sha256: Sha256,
  /** bytes of the full form */
  size: z.int(),
  /** of the forms that will do: a host that has taken one has the version */
  digests: z.array(Sha256).default([]),
  /** tried first, in this order */
  deltas: z.array(PlannedDelta).default([]),
  /** as far as the server knows what the host has */
  choices: z.array(PlannedChoice).default([]),
  /** of the snapshots that its ZFS streams give: a personal stream builds on one of them */
  guids: z.array(z.string().regex(/^[0-9]+$/)).default([]),
  /** what of the template's configuration its flash zone does not get, or gets and should be looked at */
  foreign: z.array(z.string()).default([]),
  /** on the server, begins with "/" */
  urlPath: z.string().regex(/^\/(?:flash|blobs)\/[A-Za-z0-9._/-]+$/),
  /** `flash<template>` */
  flashZone: ZoneName,
  /** zonepath of the flash zone */
  path: z.string(),
  attachPolicy: AttachPolicy,
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
  /** the chosen one is tried first; what it cannot do is done by a clone */
  ways: z.array(PlannedWay).default([]),
  smoke: z.array(z.strictObject({ name: z.string(), command: z.string(), timeoutSeconds: z.int() })),
  /** its SUNWdetached.xml, where it is written while the host is installed */
  detachedXml: z.string().optional(),
})
export type PlannedZone = z.infer<typeof PlannedZone>

/** The global zone that the host is installed with. */
export const PlannedSystem = z.strictObject({
  template: TemplateName,
  version: VersionName,
  osFamily: OsFamily,
  format: ArtifactFormat,
  compression: Compression,
  sha256: Sha256,
  /** bytes to transfer */
  size: z.int(),
  /** zfs: of the snapshot that the stream gives */
  guid: z
    .string()
    .regex(/^[0-9]+$/)
    .optional(),
  /** bytes that it needs in the pool, about, before any compression */
  neededBytes: z.int(),
  urlPath: z.string().regex(/^\/(?:flash|blobs)\/[A-Za-z0-9._/-]+$/),
  pool: z.string(),
  bootEnvironment: z.string(),
  compressionProperty: z.string().optional(),
  /** of systems that read it; secret */
  sysidcfg: z.string().optional(),
  /** empty files below the root */
  touch: z.array(z.string()),
  nodename: z.string(),
  /** crypt hash; secret */
  rootPassword: z.string(),
  timezone: z.string(),
  /** what a system without sysidtool would have been told by hand: addresses, name service */
  files: z.array(
    z.strictObject({
      path: z.string().regex(/^etc\/[A-Za-z0-9._/-]+$/),
      mode: z.int(),
      text: z.string(),
    }),
  ),
  /** what becomes of the environment that the host was installed from, once this one has booted */
  oldEnvironment: z.enum(['keep', 'remove']),
  capturedZones: z.array(CapturedZone),
  interfaceMap: z.record(z.string(), z.string()),
})
export type PlannedSystem = z.infer<typeof PlannedSystem>

/** What JumpStart's installer is told. */
export const PlannedJumpStart = z.strictObject({
  /** of the JumpStart directory that the host gets; 0: nothing is stored, the server's own rules */
  revision: z.int().min(0),
  /** why the host may need somebody at its console: the rules say so, as `rules test` tells */
  doubt: z.string().optional(),
  /** of the global zone; secret */
  sysidcfg: z.string(),
  /** empty files below the host's root, for what the release's sysidcfg cannot answer */
  touch: z.array(z.string()).default([]),
  /** the install profile that the server gives; absent: the rules name another */
  installProfile: z.string().optional(),
})
export type PlannedJumpStart = z.infer<typeof PlannedJumpStart>

/** What kayak is told. */
export const PlannedKayak = z.strictObject({
  settings: ProfileKayak,
  pool: z.string(),
  /** crypt hash; secret */
  rootPassword: z.string(),
  timezone: z.string(),
  nameService: NameService,
  /** of the host's record; absent: the first link asks DHCP */
  interfaces: z.array(HostInterface).optional(),
})
export type PlannedKayak = z.infer<typeof PlannedKayak>

/** One line of the plan. `step` is the name under which the host reports it. */
export const PlannedStep = z.strictObject({
  step: z.enum([
    'check',
    'fetch',
    'configure',
    'attach',
    'receive',
    'clone',
    'identity',
    'sysidcfg',
    'boot',
    'wait',
    'smoke',
    'detach',
    'system',
    'stage',
  ]),
  /** absent: the host */
  zone: ZoneName.optional(),
  what: z.string(),
  /** to transfer */
  bytes: z.int().optional(),
})
export type PlannedStep = z.infer<typeof PlannedStep>

/** A template whose candidate this host gets in the place of what other hosts get for the channel. */
export const PlannedCanary = z.strictObject({
  template: TemplateName,
  channel: ChannelName,
  version: VersionName,
  instead: VersionName,
})
export type PlannedCanary = z.infer<typeof PlannedCanary>

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
  /** the host is installed as a whole first */
  system: PlannedSystem.optional(),
  jumpstart: PlannedJumpStart.optional(),
  kayak: PlannedKayak.optional(),
  /** when the zones come on a host that JumpStart installs; absent: when the script is run */
  zonesCome: z.enum(['install', 'first-boot']).optional(),
  canaries: z.array(PlannedCanary).default([]),
  zones: z.array(PlannedZone),
  steps: z.array(PlannedStep),
})
export type Plan = z.infer<typeof Plan>
