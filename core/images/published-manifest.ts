// What `imgadm publish` and `imgadm create -p` send of an image (jumpstart.md 6.2.1, 6.2.4).
import { z } from 'zod'
import { Uuid } from './uuid.ts'

const Url = z.url({ protocol: /^https?$/ }).max(1024)
const Mebibytes = z.int().nonnegative()
const Platforms = z.record(
  z.string().regex(/^[0-9]{1,4}\.[0-9]{1,4}$/),
  z.string().regex(/^[0-9]{8}T[0-9]{6}Z$/),
)
const MAX_TAGS = 100 * 1024

/** An object that is small as JSON; what is in it is its owner's. */
const small = (what: string) =>
  z
    .record(z.string(), z.unknown())
    .refine((value) => JSON.stringify(value).length <= MAX_TAGS, `expected ${what} of at most 100 KiB`)

/** A time as IMGAPI writes it. */
const PublishedAt = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'expected a time such as 2026-03-01T12:00:00.000Z')

const ImageRequirements = z.object({
  networks: z
    .array(z.object({ name: z.string().max(128), description: z.string().max(1024).optional() }))
    .max(64)
    .optional(),
  brand: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
    .optional(),
  bootrom: z.enum(['bios', 'uefi']).optional(),
  ssh_key: z.boolean().optional(),
  min_ram: Mebibytes.optional(),
  max_ram: Mebibytes.optional(),
  min_platform: Platforms.optional(),
  max_platform: Platforms.optional(),
})

/** Only what a zone is made of: zvols and docker layers are no templates. `files`, `state` and the like are the server's. */
export const PublishedManifest = z.object({
  v: z.literal(2),
  uuid: Uuid,
  owner: Uuid.optional(),
  acl: z.array(Uuid).max(256).optional(),
  urn: z.string().max(1024).optional(),
  name: z
    .string()
    .max(1024)
    .regex(/^[A-Za-z0-9._/ -]+$/, 'expected letters, digits, ".", "_", "/", "-" and blanks'),
  version: z
    .string()
    .max(512)
    .regex(/^[A-Za-z0-9._/+-]+$/, 'expected letters, digits, ".", "_", "/", "+" and "-"'),
  description: z.string().max(10_240).optional(),
  homepage: Url.optional(),
  eula: Url.optional(),
  published_at: PublishedAt.optional(),
  type: z.enum(['zone-dataset', 'lx-dataset']),
  os: z.enum(['smartos', 'linux', 'illumos', 'other']),
  origin: Uuid.optional(),
  requirements: ImageRequirements.optional(),
  users: z
    .array(z.object({ name: z.string().max(128) }))
    .max(64)
    .optional(),
  generate_passwords: z.boolean().optional(),
  tags: small('tags').optional(),
  traits: small('traits').optional(),
  billing_tags: z.array(z.string().max(128)).max(64).optional(),
  inherited_directories: z.array(z.string().max(1024)).max(64).optional(),
})
export type PublishedManifest = z.infer<typeof PublishedManifest>
