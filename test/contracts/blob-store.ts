// What every BlobStore promises.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { BlobStore } from '#app/ports/blobs.ts'

const zone = Buffer.from('a detached zone')
const digest = (bytes: Buffer, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('hex')
const namedBy = (bytes: Buffer) => ({
  sha256: digest(bytes),
  sha1: digest(bytes, 'sha1'),
  md5: digest(bytes, 'md5'),
  size: bytes.length,
})
const from = (...chunks: Buffer[]) => Readable.from(chunks)

async function* failing(): AsyncGenerator<Buffer> {
  yield zone
  throw new Error('the peer went away')
}

async function* unchanged(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* bytes
}

export function blobStoreContract(name: string, createStore: () => Promise<BlobStore>): void {
  const listed = async (store: BlobStore) => {
    const all: string[] = []
    for await (const sha256 of store.list()) all.push(sha256)
    return all
  }

  describe(`${name} keeps the BlobStore contract`, () => {
    test('what is put is named by its sha256 and comes back byte for byte', async () => {
      const store = await createStore()
      const stored = await store.put(from(zone.subarray(0, 3), zone.subarray(3)))
      expect(stored).toEqual(namedBy(zone))
      expect(await store.stat(stored.sha256)).toMatchObject({ size: zone.length })
      expect(await buffer(await store.open(stored.sha256))).toEqual(zone)
    })

    test('an empty blob is a blob', async () => {
      const store = await createStore()
      const stored = await store.put(from())
      expect(stored.size).toBe(0)
      expect(await buffer(await store.open(stored.sha256))).toEqual(Buffer.alloc(0))
    })

    test('a range has both ends inclusive', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      expect(String(await buffer(await store.open(sha256, { start: 2, end: 9 })))).toBe('detached')
    })

    test('the same bytes twice are one blob', async () => {
      const store = await createStore()
      await store.put(from(zone))
      await store.put(from(zone))
      expect(await listed(store)).toEqual([digest(zone)])
    })

    test('a wrong digest is refused and leaves nothing', async () => {
      const store = await createStore()
      await expect(store.put(from(zone), '0'.repeat(64))).rejects.toMatchObject({ code: 'DigestMismatch' })
      expect(await listed(store)).toEqual([])
    })

    test('a source that fails leaves nothing', async () => {
      const store = await createStore()
      await expect(store.put(failing())).rejects.toThrow('the peer went away')
      expect(await listed(store)).toEqual([])
    })

    test('accept hears the digest before the blob is there, and its refusal leaves nothing', async () => {
      const store = await createStore()
      let seen: unknown
      const refuse = async (blob: { sha256: string }) => {
        seen = [blob, await store.stat(blob.sha256)]
        throw new Error('not wanted')
      }
      await expect(store.put(from(zone), undefined, refuse)).rejects.toThrow('not wanted')
      expect(seen).toEqual([namedBy(zone), undefined])
      await store.drafts.create('u1', '')
      await store.drafts.append('u1', 0, from(zone))
      await expect(store.drafts.adopt('u1', unchanged, undefined, refuse)).rejects.toThrow('not wanted')
      expect(await listed(store)).toEqual([])
    })

    test('an unknown blob has no stat, and opening it says BlobNotFound', async () => {
      const store = await createStore()
      expect(await store.stat(digest(zone))).toBeUndefined()
      await expect(store.open(digest(zone))).rejects.toMatchObject({ code: 'BlobNotFound', kind: 'missing' })
    })

    test('a name that is no digest never reaches the disk', async () => {
      const store = await createStore()
      await expect(store.stat('../../etc/passwd')).rejects.toThrow(/sha256/)
    })

    test('what is garbage goes, and going may be repeated', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      const status = await store.stat(sha256)
      const asked: unknown[] = []
      const isGarbage = async (blob: unknown) => asked.push(blob) > 0
      expect(await store.collect(sha256, isGarbage)).toEqual(status)
      expect(await store.collect(sha256, isGarbage)).toBeUndefined()
      expect(asked).toEqual([status])
      expect(await store.stat(sha256)).toBeUndefined()
      expect(await listed(store)).toEqual([])
    })

    test('what is no garbage stays, also when nobody can tell', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      expect(await store.collect(sha256, async () => false)).toBeUndefined()
      await expect(store.collect(sha256, () => Promise.reject(new Error('no database')))).rejects.toThrow(
        'no database',
      )
      expect(await buffer(await store.open(sha256))).toEqual(zone)
      expect(await listed(store)).toEqual([sha256])
    })

    test('readers see a blob while it is asked whether it is garbage', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      let seen: unknown
      await store.collect(sha256, async () => {
        seen = [await buffer(await store.open(sha256)), (await store.stat(sha256))?.size]
        return true
      })
      expect(seen).toEqual([zone, zone.length])
    })

    test('what is stored again while it is asked whether it is garbage stays', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      await store.collect(sha256, async () => {
        await store.put(from(zone))
        return true
      })
      await store.drafts.create('u1', '')
      await store.drafts.append('u1', 0, from(zone))
      expect(await buffer(await store.open(sha256))).toEqual(zone)
      await store.collect(sha256, async () => {
        await store.drafts.adopt('u1', unchanged)
        return true
      })
      expect(await buffer(await store.open(sha256))).toEqual(zone)
    })

    test('what is kept while it is asked whether it is garbage stays; what is gone cannot be kept', async () => {
      const store = await createStore()
      const { sha256 } = await store.put(from(zone))
      await store.keep(sha256)
      const answer = async () => {
        await store.keep(sha256)
        return true
      }
      await store.collect(sha256, answer)
      expect(await buffer(await store.open(sha256))).toEqual(zone)
      await store.collect(sha256, async () => true)
      await expect(store.keep(sha256)).rejects.toMatchObject({ code: 'BlobNotFound' })
    })

    test('free space is a number of bytes', async () => {
      expect(await (await createStore()).freeSpace()).toBeGreaterThan(0)
    })

    test('a draft grows by pieces, becomes a blob, and can be adopted again until it is dropped', async () => {
      const store = await createStore()
      await store.drafts.create('u1', 'note')
      expect(await store.drafts.append('u1', 0, from(zone.subarray(0, 4)))).toBe(4)
      expect(await store.drafts.append('u1', 4, from(zone.subarray(4)))).toBe(zone.length)
      const stored = await store.drafts.adopt('u1', unchanged)
      expect(stored).toEqual(namedBy(zone))
      expect(await store.drafts.adopt('u1', unchanged, digest(zone))).toEqual(stored)
      await store.drafts.dropData('u1')
      expect(await store.drafts.find('u1')).toMatchObject({ size: undefined, note: 'note' })
      expect(await buffer(await store.open(stored.sha256))).toEqual(zone)
    })

    test('a draft keeps what arrived before its source failed', async () => {
      const store = await createStore()
      await store.drafts.create('u1', '')
      await expect(store.drafts.append('u1', 0, failing())).rejects.toThrow('the peer went away')
      expect(await store.drafts.find('u1')).toMatchObject({ size: zone.length })
    })

    test('a draft refuses a piece at the wrong offset', async () => {
      const store = await createStore()
      await store.drafts.create('u1', '')
      await expect(store.drafts.append('u1', 7, from(zone))).rejects.toMatchObject({ code: 'DraftOffset' })
    })

    test('a draft whose watcher or digest refuses becomes no blob', async () => {
      const store = await createStore()
      await store.drafts.create('u1', '')
      await store.drafts.append('u1', 0, from(zone))
      const refuse = async function* (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        yield* bytes
        throw new Error('not a template')
      }
      await expect(store.drafts.adopt('u1', refuse)).rejects.toThrow('not a template')
      const wrong = store.drafts.adopt('u1', unchanged, '0'.repeat(64))
      await expect(wrong).rejects.toMatchObject({ code: 'DigestMismatch' })
      expect(await listed(store)).toEqual([])
    })

    test('a draft is locked for one at a time', async () => {
      const store = await createStore()
      const lock = await store.drafts.lock('u1')
      await expect(store.drafts.lock('u1')).rejects.toMatchObject({ code: 'DraftBusy', kind: 'conflict' })
      const other = await store.drafts.lock('u2')
      await lock.release()
      await lock.release()
      const again = await store.drafts.lock('u1')
      await again.release()
      await other.release()
    })

    test('drafts are listed until removed; a note can be replaced', async () => {
      const store = await createStore()
      await store.drafts.create('u1', 'old')
      await expect(store.drafts.create('u1', '')).rejects.toMatchObject({ code: 'DraftExists' })
      await store.drafts.setNote('u1', 'new')
      expect(await store.drafts.find('u1')).toMatchObject({ size: 0, note: 'new' })
      const ids: string[] = []
      for await (const id of store.drafts.list()) ids.push(id)
      expect(ids).toEqual(['u1'])
      await store.drafts.remove('u1')
      expect(await store.drafts.find('u1')).toBeUndefined()
      await expect(store.drafts.setNote('u1', '')).rejects.toMatchObject({ code: 'DraftNotFound' })
    })
  })
}
