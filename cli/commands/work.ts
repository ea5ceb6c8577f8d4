// `zoneflash work`: one more worker.
import type { Config } from '#core/config.ts'

export async function work(config: Config): Promise<void> {
  const worker = await import('#worker/work.ts')
  await worker.work(config)
}
