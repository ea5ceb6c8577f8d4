// An install's events as they arrive.
import { isOpen } from '#core/install-state.ts'
import type { InstallLog, RecordedEvent } from './ports/installs.ts'

interface Follow {
  id: string
  /** events up to this one are known already */
  afterSeq: number
  /** resolves when it is time to look again, to false when nobody listens any more */
  wait: () => Promise<boolean>
}

/** Events after `afterSeq`, then a `pause` for each look that found none, until the install is over. @throws InstallNotFound */
export async function* followInstall(
  { id, afterSeq, wait }: Follow,
  { installs }: { installs: InstallLog },
): AsyncIterable<{ event: RecordedEvent } | { pause: true }> {
  let seen = afterSeq
  for (;;) {
    const install = await installs.get(id) // before the events: what it ended with is among them
    let found = false
    for (const event of await installs.events(id)) {
      if (event.seq <= seen) continue
      seen = event.seq
      found = true
      yield { event }
    }
    if (!isOpen(install.state)) return
    if (!found) yield { pause: true }
    if (!(await wait())) return
  }
}
