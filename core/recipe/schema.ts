// What templates/<name>/recipe.yaml says: how a template is built. docs/recipes.md explains each key.
import { z } from 'zod'
import { ArtifactName } from './artifact-name.ts'
import { Manifest, OsFamily } from '../manifest.ts'
import { ChannelName, HostName, TemplateName, TemplateRef } from '../names.ts'
import { SysidOverrides } from '../sysidcfg/settings.ts'

/** A file or directory of the recipe's folder. */
export const RecipePath = z
  .string()
  .max(255)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/,
    'expected a path below the recipe’s folder',
  )

/** The name of a file that the build hands to the zone or to `zoneadm install`. */
export const MediumName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a file name of letters, digits, ".", "_" and "-"')

/**
 * A file that the build needs beside the recipe. One with `make` is made on the worker's machine by that script of the
 * recipe: `make list` prints what it would be made of (a line each, part of the build's inputs), `make FILE` makes it. One
 * without is given by the administrator in media/; `what` says which file is wanted and where it comes from.
 */
export const Medium = z.strictObject({
  name: MediumName,
  what: z.string().min(1).max(500),
  make: RecipePath.optional(),
})
export type Medium = z.infer<typeof Medium>

/** What the packaged bytes may hold although a rule forbids it; `path` is one path of the zone, or a directory with `/` at its end. */
export const HygieneException = z.strictObject({
  rule: z.string().regex(/^[a-z][a-z-]{0,31}$/, 'expected the name of a hygiene rule'),
  path: z.string().min(1).max(1023),
  why: z.string().min(1).max(500),
})
export type HygieneException = z.infer<typeof HygieneException>

const Minutes = z
  .int()
  .min(1)
  .max(24 * 60)

export const RecipeFields = z.strictObject({
  summary: z.string().min(1).max(200),
  /** another recipe whose keys and files this one takes where it has none of its own */
  extends: TemplateName.optional(),
  brand: Manifest.shape.brand,
  osFamily: OsFamily,
  osRelease: Manifest.shape.osRelease,
  arch: Manifest.shape.arch,
  /** the version that the zone is cloned from, e.g. `default@candidate` */
  origin: z
    .string()
    .refine((text) => TemplateRef.safeParse(text).success, 'expected template@version or template@channel')
    .optional(),
  /** what the zone is installed from: words after `zoneadm install`; `{medium}` stands for the medium's place on the host */
  source: z
    .strictObject({ medium: MediumName.optional(), install: z.array(z.string().min(1).max(1023)).max(32) })
    .optional(),
  /** zonecfg commands after `create`, without zonepath (zones.md 2.3) */
  zonecfg: z
    .string()
    .max(64 * 1024)
    .default(''),
  media: z.array(Medium).max(64).default([]),
  /** runs inside the booted zone, with media and files in place */
  customize: RecipePath.optional(),
  /** a directory that is laid over the zone's root before `customize` */
  files: RecipePath.optional(),
  /** the answers of the first boot; `{}` for systems that ask nothing */
  sysidcfg: SysidOverrides.default({}),
  /** runs inside the zone; must end with 0 within `minutes.smoke` */
  smoke: RecipePath.optional(),
  hygiene: z.array(HygieneException).max(256).default([]),
  /** which forms a version gets */
  formats: z.array(ArtifactName).min(1).default(['tar.gz', 'tar.zst', 'cpio.gz', 'zfs']),
  retention: z
    .strictObject({
      keepLast: z.int().min(1).max(1000).default(5),
      keepDays: z.int().min(0).max(3650).default(14),
    })
    .prefault({}),
  /** the channel that a candidate moves to by itself; absent: a person promotes */
  promote: z
    .strictObject({
      to: ChannelName.default('stable'),
      afterInstalls: z.int().min(1).max(1000).optional(),
      afterHours: z
        .number()
        .min(0)
        .max(24 * 365)
        .optional(),
    })
    .refine(
      ({ afterInstalls, afterHours }) => afterInstalls !== undefined || afterHours !== undefined,
      'expected afterInstalls, afterHours or both',
    )
    .optional(),
  /** who is told how a build ended: a POST of JSON */
  notify: z
    .array(
      z.strictObject({
        webhook: z.url({ protocol: /^https?$/ }),
        on: z
          .array(z.enum(['failed', 'published']))
          .min(1)
          .default(['failed', 'published']),
      }),
    )
    .max(16)
    .default([]),
  /** how long the steps may take */
  minutes: z
    .strictObject({
      media: Minutes.default(60),
      install: Minutes.default(60),
      boot: Minutes.default(20),
      customize: Minutes.default(60),
      smoke: Minutes.default(5),
      package: Minutes.default(120),
    })
    .prefault({}),
  /** default: the only host that builds */
  buildHost: HostName.optional(),
})
export type RecipeFields = z.infer<typeof RecipeFields>

/** A whole recipe, after `extends` was followed. Rules across keys are in core/recipe/check.ts. */
export type Recipe = RecipeFields & { name: string }
