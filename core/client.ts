import { z } from 'zod'

/** Programs that people already have on their hosts, and that fetch without anything of ours there. `zadm` stands for `zap` too. */
export const Client = z.enum(['imgadm', 'zadm', 'kayak', 'jumpstart'])
export type Client = z.infer<typeof Client>

/** In the order of Client, each once. */
export function sortedClients(clients: readonly Client[]): Client[] {
  return Client.options.filter((client) => clients.includes(client))
}
