// A zone's root as the zonepath that its stream holds: `root/`, and beside it the configuration of the detached zone.
import { createHash } from 'node:crypto'
import { DETACHED_XML } from '#core/archive/layout.ts'
import type { SourceContents, SourceEntry, TreeSource } from '#core/zfs/write/tree-source.ts'

const ROOT = Buffer.from('root')
const XML = Buffer.from(DETACHED_XML)

interface Zonepath {
  /** text of SUNWdetached.xml; absent: there is none */
  detachedXml?: string | undefined
  /** of the zonepath itself and of the configuration, seconds since the epoch */
  mtime: number
}

/** Owners and modes are those that zoneadm wants: only root may enter a zonepath. */
export class InZonepath implements TreeSource {
  readonly #zoneroot: TreeSource
  readonly #xml: Buffer | undefined
  readonly #added: readonly SourceEntry[]

  constructor(zoneroot: TreeSource, { detachedXml, mtime }: Zonepath) {
    this.#zoneroot = zoneroot
    this.#xml = detachedXml === undefined ? undefined : Buffer.from(detachedXml)
    const owned = { uid: 0, gid: 0, mtime, mtimeNsec: 0, size: 0 } as const
    this.#added = [
      { ...owned, path: [], type: 'directory', mode: 0o700 },
      ...(this.#xml ? [xmlEntry(this.#xml, owned)] : []),
      { ...owned, path: [ROOT], type: 'directory', mode: 0o755 },
    ]
  }

  async *entries(): AsyncGenerator<SourceEntry> {
    yield* this.#added
    for await (const entry of this.#zoneroot.entries()) {
      const linkTo = entry.linkTo && { linkTo: [ROOT, ...entry.linkTo] }
      yield { ...entry, path: [ROOT, ...entry.path], ...linkTo }
    }
  }

  async *contents(): AsyncGenerator<SourceContents> {
    if (this.#xml && this.#xml.byteLength > 0) yield { index: 1, bytes: only(this.#xml) }
    for await (const { index, bytes } of this.#zoneroot.contents())
      yield { index: index + this.#added.length, bytes }
  }
}

function xmlEntry(
  xml: Uint8Array,
  owned: Pick<SourceEntry, 'uid' | 'gid' | 'mtime' | 'mtimeNsec'>,
): SourceEntry {
  const sha256 = createHash('sha256').update(xml).digest('hex')
  return { ...owned, path: [XML], type: 'file', mode: 0o644, size: xml.byteLength, sha256 }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
