// One side of the packing measurement, as a process of its own: pack-once.ts TREE STORE packs a directory as the worker does.
import path from 'node:path'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { openHostShell } from '#adapters/host-shell/open-host-shell.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { parseConfig } from '#core/config.ts'

const [tree = '', store = ''] = process.argv.slice(2)
const archives = await packageArchives(
  {
    shell: openHostShell({ name: 'here', transport: 'local' }),
    zoneroot: path.resolve(tree),
    brand: 'lx',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  },
  {
    blobs: new FileBlobStore(store),
    limits: parseConfig({}).limits,
    spoolDirectory: path.join(path.resolve(store), 'incoming'),
  },
)
for (const { format, compression, size, sha256, entries } of archives.artifacts)
  console.log(JSON.stringify({ format, compression, size, sha256, entries }))
await archives.close()
