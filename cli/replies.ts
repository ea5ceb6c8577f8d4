// The shapes of the server's replies that commands rely on; further fields are let through to --json.
import { z } from 'zod'
import { Entry } from '#core/entry.ts'
import { HostInterface } from '#core/host.ts'
import { Artifact, Manifest, TemplateKind } from '#core/manifest.ts'
import { RecipeSummary } from '#core/recipe/summary.ts'
import { VersionState } from '#core/version-state.ts'
import { BlockReply } from './replies/channels.ts'

export const RecipeReply = z.looseObject({ ...RecipeSummary.shape })
export type RecipeReply = z.infer<typeof RecipeReply>

export const TemplateReply = z.looseObject({
  name: z.string(),
  public: z.boolean(),
  openTo: z.array(z.string()).default([]),
  imageLayout: z.string().optional(),
  channels: z.record(z.string(), z.string()),
  versions: z.number(),
  latest: z.string().optional(),
  kind: TemplateKind.optional(),
  blocked: z.record(z.string(), BlockReply).optional(),
})
export type TemplateReply = z.infer<typeof TemplateReply>

export const VersionReply = z.looseObject({
  manifest: Manifest,
  state: VersionState,
  blockedBy: BlockReply.optional(),
})
export type VersionReply = z.infer<typeof VersionReply>

export const EntryReply = Entry

export const JobReply = z.looseObject({
  id: z.string(),
  state: z.string(),
  progress: z.unknown().optional(),
  error: z.string().optional(),
})
export type JobReply = z.infer<typeof JobReply>

export const PackageReply = z.looseObject({ job: z.string(), version: z.string() })

export const ConversionReply = z.looseObject({
  version: z.string(),
  to: z.string(),
  job: z.string().optional(),
  artifact: Artifact.optional(),
})
export type ConversionReply = z.infer<typeof ConversionReply>

export const HostReply = z.looseObject({
  name: z.string(),
  macs: z.array(z.string()),
  addresses: z.array(z.string()),
  arch: z.string(),
  release: z.string(),
  networks: z.array(z.string()),
  profile: z.string().optional(),
  transport: z.string().optional(),
  builds: z.looseObject({ atOnce: z.number(), zonesRoot: z.string() }).optional(),
  interfaces: z.array(HostInterface).optional(),
  facts: z.record(z.string(), z.string()),
})
export type HostReply = z.infer<typeof HostReply>

export const ArmReply = z.looseObject({
  token: z.string(),
  url: z.string(),
  expiresAt: z.string(),
  boot: z.looseObject({ words: z.string(), note: z.string().optional() }).optional(),
})

/** The plan itself, and the same as text. */
export const PlanReply = z.looseObject({ text: z.string() })

export const InstallReply = z.looseObject({
  id: z.string(),
  host: z.string(),
  state: z.string(),
  armedAt: z.string(),
  expiresAt: z.string(),
  finishedAt: z.string().optional(),
})
export type InstallReply = z.infer<typeof InstallReply>

export const EventReply = z.looseObject({
  seq: z.number(),
  receivedAt: z.string(),
  step: z.string(),
  zone: z.string().optional(),
  state: z.string(),
  message: z.string().optional(),
})
export type EventReply = z.infer<typeof EventReply>

/** What is typed on a host so that a client of its own finds the server. */
export const ClientCommandReply = z.looseObject({ client: z.string(), command: z.string(), note: z.string() })

export const ProfileReply = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  system: z.looseObject({ template: z.string() }).optional(),
  zones: z.array(z.looseObject({ name: z.string(), template: z.string() })),
})

export const TokenReply = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  templates: z.array(z.string()).optional(),
  createdAt: z.string(),
  lastUsedAt: z.string().optional(),
})

export const NewTokenReply = z.looseObject({ token: TokenReply, secret: z.string() })

export const AuditReply = z.looseObject({
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
})
