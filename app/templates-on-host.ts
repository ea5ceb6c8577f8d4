// Which templates a host keeps, as its installs reported it. What the host really has, its finish script sees.
import type { OnHost } from '#core/plan/forms.ts'
import { ArtifactFormat } from '#core/manifest.ts'
import { Plan } from '#core/plan/schema.ts'
import type { InstallLog, RecordedEvent } from './ports/installs.ts'

/** Older installs tell nothing that later ones did not overwrite, on any host but the oddest. */
const INSTALLS_READ = 10

/** The newest word on each template; none on one of which an install began to take something back. */
export async function templatesOnHost(
  host: string,
  { installs }: { installs: InstallLog },
): Promise<Map<string, OnHost>> {
  const there = new Map<string, OnHost>()
  /** a later install found the version there; how it came, an earlier one says */
  const formWanted = new Set<string>()
  const settled = new Set<string>()
  for (const install of await installs.list(host, INSTALLS_READ)) {
    const plan = Plan.safeParse(install.plan).data
    if (!plan) continue
    const events = await installs.events(install.id)
    for (const { name, version, format, flashZone } of plan.templates) {
      const last = events.findLast((event) => isFetch(event, flashZone))
      if (!last) continue
      if (formWanted.has(name) && there.get(name)?.version === version && last.state === 'done') {
        there.set(name, { version, format, ...taken(last) })
        formWanted.delete(name)
      }
      if (settled.has(name)) continue
      settled.add(name)
      if (events.some(({ step, seq }) => step === 'rollback' && seq > last.seq)) continue
      there.set(name, { version, format, ...taken(last) })
      if (last.state === 'skipped') formWanted.add(name)
    }
  }
  return there
}

function isFetch({ step, zone, state }: RecordedEvent, flashZone: string): boolean {
  return step === 'fetch' && zone === flashZone && (state === 'done' || state === 'skipped')
}

/** The finish script says `took FORMAT` in the report, and in the line before which one of them; older ones did not. */
function taken({ message }: RecordedEvent): Partial<Pick<OnHost, 'format' | 'sha256'>> {
  const [, digest, word] = /(?:^sha256 ([0-9a-f]{64})\n)?^took ([a-z-]+)$/m.exec(message ?? '') ?? []
  const format = ArtifactFormat.safeParse(word).data
  return { ...(format && { format }), ...(format && digest !== undefined && { sha256: digest }) }
}
