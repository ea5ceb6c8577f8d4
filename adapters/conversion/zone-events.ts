// The members of a zonepath's archive that lie in the zone, under their names there.
import { pathInZone } from '#core/archive/zone-path.ts'
import { ProvisionError } from '#core/errors.ts'
import type { ArchiveEvent, CanonicalMember } from '../packaging/canonical-members.ts'

const ROOT = Buffer.from('root/')

/** What lies beside `root/` is left out, with its contents. */
export class ZoneEvents {
  /** the current member lies in the zone */
  #isLetIn = true

  /** The events of them that count. */
  within(events: readonly ArchiveEvent[]): ArchiveEvent[] {
    return events.flatMap((event) => {
      const isMember = typeof event === 'object' && !(event instanceof Uint8Array)
      const placed = isMember ? inZone(event) : event
      if (isMember) this.#isLetIn = placed !== undefined
      return placed !== undefined && this.#isLetIn ? [placed] : []
    })
  }
}

/** @throws CannotConvert for a hard link of which one name lies in the zone and another beside it */
function inZone(member: CanonicalMember): CanonicalMember | undefined {
  const path = pathInZone(member.path, 'zonepath')
  if (path === undefined || path === '.') return undefined
  const { link, names, ...rest } = member
  return {
    ...rest,
    path,
    name: bare(member.name),
    ...(link && {
      link: member.type === 'hardlink' ? { path: bareText(link.path), name: bare(link.name) } : link,
    }),
    ...(names && { names: names.map(bare) }),
  }
}

function bare(name: Buffer): Buffer {
  if (name.subarray(0, ROOT.length).equals(ROOT)) return name.subarray(ROOT.length)
  throw new ProvisionError(
    'conflict',
    'CannotConvert',
    `${JSON.stringify(name.toString())} lies beside the zone and is a hard link of one of its files, expected names below root/`,
  )
}

function bareText(path: string): string {
  return pathInZone(path, 'zonepath') ?? path
}
