// `zoneflash serve`: the server alone.
import type { Config } from '#core/config.ts'

export async function serve(config: Config): Promise<void> {
  const server = await import('#server/serve.ts')
  await server.serve(config)
}
