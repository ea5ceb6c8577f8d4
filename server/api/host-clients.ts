// What is typed on a host so that its own clients find this server.
import { z } from 'zod'
import { clientCommands } from '#core/images/host-commands.ts'
import { HostName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const ClientCommand = z
  .object({ client: z.enum(['imgadm', 'zadm']), command: z.string(), note: z.string() })
  .meta({ id: 'ClientCommand' })

export const hostClientRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/hosts/:name/clients',
    role: 'viewer',
    summary: 'What is typed on a host so that imgadm and zadm find the images of this server',
    params: z.strictObject({ name: HostName }),
    reply: z.array(ClientCommand),
    handle: async ({ params }) => clientCommands(await services.hosts.get(params.name), services.config.url),
  }),
]
