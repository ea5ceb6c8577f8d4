import { z } from 'zod'

/** A value that fits one sysidcfg item: no quote, brace, control character or newline can break out of it (zones.md 6.1). */
const SysidValue = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^'"{}\s\p{Cc}\p{Cs}]+$/u, 'expected no quotes, braces, blanks or control characters')

/** A member of a comma list, or of `host(address)`. */
const ListValue = SysidValue.regex(/^[^,()=]+$/, 'expected no commas, parentheses or equals signs')

const Address = z.ipv4()

export const NameService = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('NONE') }),
  z.strictObject({
    kind: z.enum(['NIS', 'NIS+']),
    domainName: SysidValue,
    nameServer: z.strictObject({ host: ListValue, address: Address }),
  }),
  z.strictObject({
    kind: z.literal('DNS'),
    domainName: SysidValue,
    nameServers: z.array(Address).min(1).max(3),
    search: z
      .array(ListValue)
      .max(6)
      .refine((domains) => domains.join(',').length <= 250, 'expected at most 250 characters in all')
      .default([]),
  }),
  z.strictObject({
    kind: z.literal('LDAP'),
    domainName: SysidValue,
    profile: SysidValue,
    profileServer: Address,
    proxyDn: z
      .string()
      .max(255)
      .regex(/^[^"\p{Cc}\p{Cs}]+$/u, 'expected no double quotes or control characters')
      .optional(),
    proxyPassword: SysidValue.optional(),
  }),
])

export type NameService = z.infer<typeof NameService>

export const SecurityPolicy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('NONE') }),
  z.strictObject({
    kind: z.literal('kerberos'),
    defaultRealm: SysidValue,
    adminServer: SysidValue,
    kdc: z.array(ListValue).min(1).max(3),
  }),
])

const ProxyPort = z.int().min(1).max(65535)

/** Whether and how the system registers itself (zones.md 6.2; only 9/10 and later ask). Passwords are masked in every listing. */
export const AutoReg = z.union([
  z.enum(['disable', 'none', 'anon']),
  z.strictObject({ kind: z.literal('noproxy'), oracleUser: SysidValue, oraclePassword: SysidValue }),
  z.strictObject({
    kind: z.literal('all'),
    oracleUser: SysidValue,
    oraclePassword: SysidValue,
    httpProxyHost: SysidValue,
    httpProxyPort: ProxyPort,
    httpProxyUser: SysidValue.optional(),
    httpProxyPassword: SysidValue.optional(),
  }),
])
export type AutoReg = z.infer<typeof AutoReg>

/** What sysidtool would ask at a zone's first boot (zones.md 6.2). Which keywords are written follows the zone's release. */
export const SysidSettings = z.strictObject({
  systemLocale: SysidValue.default('C'),
  terminal: SysidValue.default('vt100'),
  timezone: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^"{}\s\p{Cc}\p{Cs}]+$/u, 'expected a zoneinfo name')
    .default('UTC'),
  nameService: NameService.default({ kind: 'NONE' }),
  securityPolicy: SecurityPolicy.default({ kind: 'NONE' }),
  nfs4Domain: z
    .union([z.literal('dynamic'), z.string().regex(/^[A-Za-z][A-Za-z0-9._-]{0,254}$/)])
    .default('dynamic'),
  /** a crypt string as in /etc/shadow, or NP; secret: masked in every listing */
  rootPassword: z
    .string()
    .regex(
      /^(NP|[A-Za-z0-9./]{13}|\$[A-Za-z0-9]+[$,][!#-&(-9;-z|~]{1,250})$/,
      'expected a crypt hash as in /etc/shadow, or NP',
    ),
  autoReg: AutoReg.default('disable'),
  timeserver: SysidValue.optional(),
  keyboard: SysidValue.optional(),
  serviceProfile: z.enum(['limited_net', 'open']).optional(),
})
export type SysidSettings = z.infer<typeof SysidSettings>

const { shape } = SysidSettings

/** The settings of one zone that override its profile's. No defaults here: what is not said stays as the profile says. */
export const SysidOverrides = z.strictObject({
  systemLocale: shape.systemLocale.unwrap().optional(),
  terminal: shape.terminal.unwrap().optional(),
  timezone: shape.timezone.unwrap().optional(),
  nameService: shape.nameService.unwrap().optional(),
  securityPolicy: shape.securityPolicy.unwrap().optional(),
  nfs4Domain: shape.nfs4Domain.unwrap().optional(),
  rootPassword: shape.rootPassword.optional(),
  autoReg: shape.autoReg.unwrap().optional(),
  timeserver: shape.timeserver,
  keyboard: shape.keyboard,
  serviceProfile: shape.serviceProfile,
})
export type SysidOverrides = z.infer<typeof SysidOverrides>
