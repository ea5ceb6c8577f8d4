// A few files as a tar that is sent to a zone: owned by root, without directories, so that those which are there stay as they are.
import { tarTrailer, tarMember, tarPad } from '#core/archive/tar-writer.ts'
import type { BundledFile } from '#core/recipe/bundle.ts'

/** One time for all. */
const MTIME = 0

export async function* tarOf(
  files: readonly BundledFile[],
  { directories = false }: { directories?: boolean } = {},
): AsyncGenerator<Uint8Array> {
  let size = 0
  const pieces: Uint8Array[] = []
  const add = (bytes: Uint8Array) => {
    pieces.push(bytes)
    size += bytes.byteLength
  }
  const member = (path: string, type: 'file' | 'directory', mode: number, bytes: number) =>
    add(
      tarMember({
        path: new TextEncoder().encode(path),
        type,
        mode,
        uid: 0,
        gid: 0,
        size: bytes,
        mtime: MTIME,
      }),
    )
  if (directories) for (const path of directoriesOf(files)) member(path, 'directory', 0o755, 0)
  for (const { path, mode, contents } of files) {
    member(path, 'file', mode, contents.byteLength)
    add(contents)
    add(tarPad(contents.byteLength))
  }
  add(tarTrailer(size))
  yield* pieces
}

function directoriesOf(files: readonly BundledFile[]): string[] {
  const all = files.flatMap(({ path }) => {
    const parts = path.split('/').slice(0, -1)
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  })
  return [...new Set(all)].toSorted()
}
