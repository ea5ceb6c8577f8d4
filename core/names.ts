import { z } from 'zod'

/** A template's name; it becomes a path and part of a zone name (`flash<template>`), so it is stricter than a zone name. */
export const TemplateName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'expected a template name: a-z, 0-9 and "-", at most 48 characters')
export type TemplateName = z.infer<typeof TemplateName>

/** A version's name, unique within its template; must not look like a channel reference. */
export const VersionName = z
  .string()
  .regex(
    /^[0-9][A-Za-z0-9._-]{0,63}$/,
    'expected a version: begins with a digit, then letters, digits, ".", "_", "-"',
  )
export type VersionName = z.infer<typeof VersionName>

/** A channel's name: begins with a letter, which sets it apart from a version. */
export const ChannelName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected a channel: begins with a letter, then a-z, 0-9 and "-"')
export type ChannelName = z.infer<typeof ChannelName>

export const VersionOrChannel = z.union([VersionName, ChannelName])

/** A host's name: one DNS label (RFC 1123), so that it can be a nodename and a path element. */
export const HostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a host name: one DNS label in lower case')
export type HostName = z.infer<typeof HostName>

export const ProfileName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'expected a profile name')
export type ProfileName = z.infer<typeof ProfileName>

/** A zone's name (zones.md 2.4): at most 63 characters, not `global`, not beginning with SUNW. */
export const ZoneName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'expected a zone name: letters, digits, "_", ".", "-", at most 63',
  )
  .refine((name) => name !== 'global' && !name.startsWith('SUNW'), 'the names global and SUNW* are reserved')
  .refine((name) => !/^[0-9]+$/.test(name), 'a name of digits only collides with zone ids')
export type ZoneName = z.infer<typeof ZoneName>

/** `template@version` or `template@channel`; a bare `template` means `template@stable`. */
export const TemplateRef = z.string().transform((text, context) => {
  const [name = '', selector = 'stable', ...rest] = text.split('@')
  const parsed = z
    .object({ template: TemplateName, selector: VersionOrChannel })
    .safeParse({ template: name, selector })
  if (rest.length > 0 || !parsed.success) {
    context.addIssue(`expected template@version or template@channel, got ${JSON.stringify(text)}`)
    return z.NEVER
  }
  return parsed.data
})
export type TemplateRef = z.infer<typeof TemplateRef>
