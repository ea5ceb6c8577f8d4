// Boot material of hosts.
import { z } from 'zod'
import { bootMaterial } from '#app/boot/boot-material.ts'
import { BootKind, BootOptions } from '#core/boot/options.ts'
import { legacyUrl } from '#core/config.ts'
import { Duration } from '#core/duration.ts'
import { HostName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

export const bootRoutes = (services: Services): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/hosts/:name/boot',
    role: 'operator',
    summary:
      'What a boot server, a DHCP server or a loader needs to know of a host; with `for` the host is armed',
    params: z.strictObject({ name: HostName }),
    body: z
      .strictObject({
        kind: BootKind,
        for: Duration.optional().describe('opens a window; an earlier one closes'),
        token: z.string().max(64).optional().describe('of the window that is open'),
        options: BootOptions.prefault({}),
      })
      .refine((body) => body.for === undefined || body.token === undefined, {
        path: ['token'],
        message: 'expected a token or a window to open, not both',
      }),
    reply: z
      .object({
        kind: BootKind,
        files: z.array(z.object({ name: z.string(), text: z.string() })),
        steps: z.array(z.string()),
        notes: z.array(z.string()),
        armedUntil: z.iso.datetime().optional(),
      })
      .meta({ id: 'BootMaterial' }),
    handle: ({ params, body, token }) =>
      bootMaterial(
        {
          host: params.name,
          kind: body.kind,
          options: body.options,
          token: body.token,
          ttlMs: body.for,
          baseUrl: services.config.url,
          plainUrl: legacyUrl(services.config),
          actor: token.name,
        },
        services,
      ),
  }),
]
