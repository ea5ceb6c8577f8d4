// What a blob store's directory holds, read without the store: file names that are digests.
import { readdir } from 'node:fs/promises'
import path from 'node:path'

export async function blobsOnDisk(dataDir: string): Promise<string[]> {
  const files = await readdir(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })
  return files.filter((file) => file.isFile() && /^[0-9a-f]{64}$/.test(file.name)).map((file) => file.name)
}
