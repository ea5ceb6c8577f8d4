// Recognises whether an archive was made of a zonepath or of a zone's root (jumpstart.md 4.10).
import type { EntryType } from '../entry.ts'
import type { ArchiveLayout } from '../manifest.ts'
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'

/** Where a detached zone's configuration lies in a zonepath. */
export const DETACHED_XML = 'SUNWdetached.xml'

/** Enough top-level names to decide; an archive may have any number. */
const MAX_REMEMBERED = 1000

export class LayoutRecognizer {
  readonly #top = new Set<string>()
  /** whether `X/root/…` was seen for the first top-level X */
  #hasNestedRoot = false
  /** what `root` is, when it is an entry of its own */
  #rootType: EntryType = 'directory'

  /** Takes the path of an entry, in its one spelling. */
  see(path: string, type: EntryType): void {
    if (path === '.') return
    if (path === 'root') this.#rootType = type
    const slash = path.indexOf('/')
    const top = slash < 0 ? path : path.slice(0, slash)
    if (this.#top.size < MAX_REMEMBERED) this.#top.add(top)
    if (slash > 0 && (path === `${top}/root` || path.startsWith(`${top}/root/`))) this.#hasNestedRoot = true
  }

  /** @throws RootNoDirectory for a zonepath whose zone would lie elsewhere; UnknownLayout for an archive of the zonepath itself, whose name would have to match wherever it is unpacked */
  decide(): ArchiveLayout {
    const isRootFileSystem = ['bin', 'etc', 'var', 'usr'].some((name) => this.#top.has(name))
    if (this.#top.has('root') && !isRootFileSystem) {
      if (this.#rootType === 'directory') return 'zonepath'
      throw refusal(
        'RootNoDirectory',
        `root is a ${this.#rootType}, expected the directory of the zone's files`,
      )
    }
    const [only] = this.#top
    if (this.#top.size === 1 && only !== undefined && this.#hasNestedRoot && !isRootFileSystem) {
      throw refusal(
        'UnknownLayout',
        `the archive holds a zonepath inside the directory ${quoted(only)}, expected root/ or a zone's files at its top`,
      )
    }
    return 'zoneroot'
  }
}
