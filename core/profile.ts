import { z } from 'zod'
import { AttachPolicy } from './attach-policy.ts'
import { FlashSettings } from './jumpstart/flash-profile.ts'
import { checkDirectories } from './profile-directories.ts'
import { ProfileName, TemplateRef, ZoneName } from './names.ts'
import { SysidOverrides, SysidSettings } from './sysidcfg/settings.ts'

const AbsolutePath = z
  .string()
  .max(1023)
  .regex(/^\/[^\0\n"]*$/, 'expected an absolute path without quotes or newlines')
  .refine((path) => !path.split('/').includes('..'), 'a path may not contain ".."')

/**
 * A directory on the host, in one spelling: it is compared with what zfs and zoneadm list, and stands in zonecfg commands
 * without quotes (`create -a` takes none), where a blank ends a word and a semicolon the command.
 */
const HostDirectory = z
  .string()
  .max(1023)
  .regex(
    /^(\/[A-Za-z0-9._-]+)+$/,
    'expected an absolute path of letters, digits, ".", "_" and "-", without a slash at its end',
  )
  .refine((path) => !/\/\.\.?(\/|$)/.test(path), 'a path may not contain "." or ".."')

/** A value that zonecfg can carry: its language has no escape for a double quote (zones.md 2.2). */
const ZonecfgValue = z
  .string()
  .max(900)
  .regex(/^[^"\n\r\0]*$/, 'zonecfg values cannot contain quotes or newlines')

/** What a shell and a database can hold. */
const withoutNul = z.string().regex(/^[^\0]*$/, 'expected text without NUL')

const TemplateText = z
  .string()
  .refine((text) => TemplateRef.safeParse(text).success, 'expected template@version or template@channel')

const Net = z.strictObject({
  physical: ZonecfgValue.min(1),
  /** shared-IP zones: `192.0.2.10/24` */
  address: ZonecfgValue.optional(),
  /** exclusive-IP zones */
  allowedAddress: ZonecfgValue.optional(),
  defrouter: ZonecfgValue.optional(),
})

/** One zone that a host of this profile gets. */
export const ProfileZone = z.strictObject({
  name: ZoneName,
  /** `mysql@stable`, `web@1.2` */
  template: TemplateText,
  /** default: `<zonesRoot>/<name>` */
  zonepath: HostDirectory.optional(),
  ipType: z.enum(['shared', 'exclusive']).optional(),
  autoboot: z.boolean().default(true),
  /** which packaged form to fetch; `auto` picks what the host can take */
  form: z.enum(['auto', 'zfs', 'tar.gz', 'tar.zst', 'cpio.gz']).default('auto'),
  net: z.array(Net).default([]),
  fs: z
    .array(
      z.strictObject({
        dir: AbsolutePath,
        special: ZonecfgValue.min(1),
        type: ZonecfgValue.min(1).default('lofs'),
        options: z.array(ZonecfgValue).default([]),
      }),
    )
    .default([]),
  rctl: z
    .array(
      z.strictObject({
        name: ZonecfgValue.min(1),
        values: z
          .array(
            z.strictObject({
              priv: ZonecfgValue.min(1).default('privileged'),
              limit: z.union([z.int(), ZonecfgValue]),
              action: ZonecfgValue.min(1),
            }),
          )
          .min(1),
      }),
    )
    .default([]),
  attr: z
    .array(
      z.strictObject({
        name: ZonecfgValue.min(1),
        type: z.enum(['string', 'int', 'uint', 'boolean']).default('string'),
        value: ZonecfgValue,
      }),
    )
    .default([]),
  dataset: z.array(ZonecfgValue.min(1)).default([]),
  attachPolicy: AttachPolicy.default('strict'),
  /** patch ids for `attach -b` */
  backout: z.array(z.string().regex(/^[A-Z0-9]+-[0-9]+$/)).default([]),
  /** detach the flash zone afterwards, or keep it attached for the next clone */
  flashZone: z.enum(['detach', 'keep']).default('detach'),
  /** settings of this zone that override the profile's */
  sysid: SysidOverrides.optional(),
  /** commands run inside the zone after its first boot; each must exit 0 */
  smoke: z
    .array(
      z.strictObject({
        name: withoutNul.max(64),
        command: withoutNul.max(4096),
        timeoutSeconds: z.int().min(1).max(3600).default(60),
      }),
    )
    .default([]),
})
export type ProfileZone = z.infer<typeof ProfileZone>

const PoolName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'expected the name of a pool')
  .refine((name) => !/^(mirror|raidz|spare|log|c[0-9])/.test(name), 'zpool keeps this name for itself')

/** Below the pool's ROOT: where a system is received before it is a boot environment. */
const HOLDING_DATASET = 'zoneflash-incoming'

/** A host that is installed from a golden global zone: a template of kind `system`. */
export const ProfileSystem = z.strictObject({
  template: TemplateText,
  pool: PoolName.default('rpool'),
  /** default: `<template>-<version>` */
  bootEnvironment: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'expected the name of a boot environment')
    .refine(
      (name) => name !== HOLDING_DATASET,
      `${HOLDING_DATASET} is the name of a dataset while it is received`,
    )
    .optional(),
  /** the environment that the host was installed from: once this one has booted, it is kept or destroyed */
  oldEnvironment: z.enum(['keep', 'remove']).default('keep'),
  /** the property of the new root; absent: what its parent has */
  compression: z.enum(['on', 'off', 'lzjb', 'gzip', 'gzip-1', 'gzip-6', 'gzip-9', 'zle', 'lz4']).optional(),
  /** interfaces of the golden system's zones, and what they are called here: `{ bge0: e1000g0 }` */
  interfaceMap: z.record(ZonecfgValue.min(1), ZonecfgValue.min(1)).default({}),
})
export type ProfileSystem = z.infer<typeof ProfileSystem>

/** A host that JumpStart installs. */
export const ProfileJumpStart = z.strictObject({
  /** when its zones come: written below /a while the host is installed, or by a service of the first boot */
  zones: z.enum(['install', 'first-boot']).default('first-boot'),
  /** text of the install profile (jumpstart.md 2); absent: made from `system`, or what the rules name */
  installProfile: z
    .string()
    .max(64 * 1024)
    .optional(),
  /** present: JumpStart installs the system's flash archive by itself, also where the version has other forms */
  flash: FlashSettings.optional(),
})
export type ProfileJumpStart = z.infer<typeof ProfileJumpStart>

const diskTerm = String.raw`(?:c[0-9]{1,4}(?:t[0-9A-F]{1,64})?d[0-9]{1,4}|[<>][0-9]{1,12}|~[^\s\p{C},*?[\]\\]{1,200})`
/**
 * Terms joined by commas: a disk, at least or at most so many MB, or a pattern of the disk's description. kayak splits what it is
 * given at blanks and lets the shell look for files by it, which would choose other disks than were meant.
 */
const KayakDisks = z
  .string()
  .max(256)
  .regex(
    new RegExp(`^${diskTerm}(?:,${diskTerm})*$`, 'u'),
    'expected a disk (c1t0d0), >MB, <MB or ~PATTERN, joined by commas; a pattern has no blanks and none of * ? [ ] \\: a dot stands for any character',
  )

/** A host that kayak installs (jumpstart.md 6.1). */
export const ProfileKayak = z.strictObject({
  /** as BuildRpool takes them: `c1t0d0`, `>100000`, `~SSD`; joined by commas: all of it; several: a mirror */
  disks: z.array(KayakDisks).min(1).max(16),
  lang: z.string().max(64).optional(),
  keyboardLayout: z.string().max(64).optional(),
  compression: z.boolean().default(true),
  /** reboot when it is done */
  reboot: z.boolean().default(true),
})
export type ProfileKayak = z.infer<typeof ProfileKayak>

/** A profile's fields, each by itself. */
export const ProfileFields = z.strictObject({
  name: ProfileName,
  description: z.string().max(1024).optional(),
  /** where templates are kept on the host */
  flashRoot: HostDirectory.default('/zoneflash'),
  /** where zones go unless they say otherwise */
  zonesRoot: HostDirectory.default('/zones'),
  sysid: SysidSettings,
  system: ProfileSystem.optional(),
  jumpstart: ProfileJumpStart.optional(),
  kayak: ProfileKayak.optional(),
  zones: z.array(ProfileZone).max(256).default([]),
})

/** Adds an issue to a profile of which nothing would become. JumpStart may install a host that gets nothing else. */
export function checkPurpose(
  { zones, system, jumpstart }: { zones: readonly unknown[]; system?: unknown; jumpstart?: unknown },
  context: z.core.$RefinementCtx,
): void {
  if (zones.length > 0 || system !== undefined || jumpstart !== undefined) return
  const message = 'expected at least one zone, a system, or jumpstart'
  context.issues.push({ code: 'custom', path: ['zones'], input: zones, message })
}

/** What a host of this profile becomes: the file `profiles/<name>.yaml`, and the same through the API. */
export const Profile = ProfileFields.superRefine(checkDirectories).superRefine(checkPurpose)
export type Profile = z.infer<typeof Profile>
