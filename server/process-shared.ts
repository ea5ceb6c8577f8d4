// What all listeners of a process have together: what they count and remember, and the buffers that they send from.
import { FurtherTokens } from './boot/further-tokens.ts'
import { BufferPool } from './buffer-pool.ts'
import { Metrics } from './metrics.ts'
import type { SendNeeds } from './send-blob.ts'
import type { Services } from './services.ts'
import { WrongTokens } from './wrong-tokens.ts'

export interface ProcessShared {
  metrics: Metrics
  wrongTokens: WrongTokens
  furtherTokens: FurtherTokens
  sending: SendNeeds
}

export function createProcessShared({ blobs, channels, clock, config, installs }: Services): ProcessShared {
  const metrics = new Metrics(channels)
  return {
    metrics,
    wrongTokens: new WrongTokens(clock, config.wrongTokens),
    furtherTokens: new FurtherTokens(installs),
    sending: { blobs, pool: new BufferPool(), meter: metrics },
  }
}
