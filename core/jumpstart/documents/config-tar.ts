// config.tar: the contents of the JumpStart directory as one ustar archive (jumpstart.md 3.5).
import { tarMember, tarPad, tarTrailer } from '../../archive/tar-writer.ts'
import { joinBytes } from '../../join-bytes.ts'
import type { JumpStartDocument } from './documents.ts'

const encoder = new TextEncoder()
const common = { uid: 0, gid: 0, owner: { user: 'root', group: 'root' } } as const

/** The same documents give the same bytes. Directories stand before what is in them; `mtime` in seconds since the epoch. */
export function renderConfigTar(documents: readonly JumpStartDocument[], mtime: number): Uint8Array {
  const chunks: Uint8Array[] = []
  const seen = new Set<string>()
  for (const { path, text, mode } of documents) {
    for (const directory of parentsOf(path)) {
      if (seen.has(directory)) continue
      seen.add(directory)
      chunks.push(
        tarMember({
          ...common,
          path: encoder.encode(directory),
          type: 'directory',
          mode: 0o755,
          size: 0,
          mtime,
        }),
      )
    }
    const data = encoder.encode(text)
    const size = data.byteLength
    chunks.push(
      tarMember({ ...common, path: encoder.encode(path), type: 'file', mode, size, mtime }),
      data,
      tarPad(size),
    )
  }
  const written = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
  chunks.push(tarTrailer(written))
  return joinBytes(chunks)
}

/** `a/b/c` → `a`, `a/b` */
function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
