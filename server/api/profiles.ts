// Profiles: what hosts become.
import { z } from 'zod'
import { importProfile, removeProfile } from '#app/import-profile.ts'
import { ProvisionError } from '#core/errors.ts'
import { MASK, maskProfile, unmaskProfile } from '#core/mask-profile.ts'
import { ProfileName } from '#core/names.ts'
import { checkPurpose, ProfileFields, ProfileZone } from '#core/profile.ts'
import { checkDirectories } from '#core/profile-directories.ts'
import { mayAct } from '#core/role.ts'
import { SysidOverrides, SysidSettings } from '#core/sysidcfg/settings.ts'
import { route, type Route } from '../route.ts'
import { refuseOtherName } from '../same-name.ts'
import type { Services } from '../services.ts'

/** As it is read: a root password may be masked. */
const ProfileReply = ProfileFields.extend({
  sysid: SysidSettings.extend({ rootPassword: z.string() }),
  zones: z.array(
    ProfileZone.extend({ sysid: SysidOverrides.extend({ rootPassword: z.string().optional() }).optional() }),
  ),
}).meta({ id: 'Profile' })

/** As it may be stored again: a masked secret stays as it is. */
const MaskedProfile = ProfileFields.extend({
  sysid: SysidSettings.extend({ rootPassword: orMasked(SysidSettings.shape.rootPassword) }),
  zones: z
    .array(
      ProfileZone.extend({
        sysid: SysidOverrides.extend({
          rootPassword: orMasked(SysidOverrides.shape.rootPassword),
        }).optional(),
      }),
    )
    .max(256)
    .default([]),
})

function orMasked<S extends z.ZodType>(secret: S): z.ZodUnion<[S, z.ZodLiteral<typeof MASK>]> {
  return z.union([secret, z.literal(MASK)])
}

const OneProfile = z.strictObject({ name: ProfileName })

export const profileRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/profiles',
    role: 'viewer',
    summary: 'All profiles, secrets masked',
    reply: z.array(ProfileReply),
    handle: async () => (await services.profiles.list()).map(maskProfile),
  }),
  route({
    method: 'get',
    path: '/api/v1/profiles/:name',
    role: 'viewer',
    summary: 'One profile, secrets masked unless a publisher asks for them with ?secrets=1',
    params: OneProfile,
    query: z.strictObject({ secrets: z.literal('1').optional() }),
    reply: ProfileReply,
    async handle({ params, query, token }) {
      if (query.secrets && !mayAct(token.role, 'publisher')) {
        throw new ProvisionError(
          'forbidden',
          'RoleTooLow',
          `token ${token.name} has role ${token.role}, secrets need publisher`,
          { details: { role: 'publisher' } },
        )
      }
      const profile = await services.profiles.get(params.name)
      return query.secrets ? profile : maskProfile(profile)
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/profiles/:name',
    role: 'publisher',
    summary: 'Create or replace a profile; a secret that is masked stays as it is',
    params: OneProfile,
    body: MaskedProfile.extend({ name: ProfileName.optional() })
      .superRefine(checkDirectories)
      .superRefine(checkPurpose),
    reply: ProfileReply,
    async handle({ params, body, token }) {
      refuseOtherName('profile', params.name, body.name)
      const stored = (await services.profiles.list()).find(({ name }) => name === params.name)
      const profile = unmaskProfile({ ...body, name: params.name }, stored)
      return maskProfile(await importProfile({ profile, actor: token.name }, services))
    },
  }),
  route({
    method: 'delete',
    path: '/api/v1/profiles/:name',
    role: 'publisher',
    summary: 'Remove a profile',
    params: OneProfile,
    reply: z.undefined(),
    handle: ({ params, token }) => removeProfile({ name: params.name, actor: token.name }, services),
  }),
]
