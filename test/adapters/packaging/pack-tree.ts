// Packs the tree argv[2] into the store argv[3] in a process of its own, so that its memory can be measured.
import path from 'node:path'
import { FileBlobStore } from '#adapters/blob-store/file-blob-store.ts'
import { ProcessShell } from '#adapters/host-shell/process-shell.ts'
import { packageArchives } from '#adapters/packaging/package-archives.ts'
import { artifactExtension } from '#core/manifest.ts'

const [, , zoneroot = '', store = ''] = process.argv
let read = 0
const made = await packageArchives(
  {
    shell: new ProcessShell((argv) => argv),
    zoneroot,
    brand: 'lx',
    signal: new AbortController().signal,
    onProgress: (bytes) => (read = bytes),
  },
  {
    blobs: new FileBlobStore(store),
    limits: { maxEntries: 2_000_000, maxNameBytes: 1023 },
    spoolDirectory: path.join(store, 'incoming'),
  },
)
await made.close()
const { maxRSS } = process.resourceUsage()
console.log(JSON.stringify({ forms: made.artifacts.map(artifactExtension), read, peakMiB: maxRSS / 1024 }))
