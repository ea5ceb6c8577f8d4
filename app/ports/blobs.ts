// Where bytes are kept. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Md5, Sha1, Sha256 } from '#core/digest.ts'

export interface StoredBlob {
  sha256: Sha256
  sha1: Sha1
  md5: Md5
  /** bytes */
  size: number
}

/** A last word before a blob gets its name. */
export type AcceptBlob = (blob: StoredBlob) => Promise<void>

export interface BlobStatus {
  /** bytes */
  size: number
  /** when it was last stored, milliseconds since the epoch */
  storedAt: number
}

/** A byte range, both ends inclusive. */
export interface ByteRange {
  start: number
  end: number
}

/** Bytes named by their sha256. A blob appears whole or not at all, and never changes. */
export interface BlobStore {
  /**
   * Stores what `source` gives, hashed on the way, fsynced before it is named. Same bytes twice: one blob.
   * `accept` is called when the digest is known, before the blob appears; when it fails there is no blob.
   * @throws DigestMismatch when `expected` is given and differs, NoSpace when the disk is full. Nothing is left behind on any failure.
   */
  put(source: AsyncIterable<Uint8Array>, expected?: Sha256, accept?: AcceptBlob): Promise<StoredBlob>
  /** Undefined when there is no such blob. */
  stat(sha256: Sha256): Promise<BlobStatus | undefined>
  /** @throws BlobNotFound. The caller must consume or destroy the stream. */
  open(sha256: Sha256, range?: ByteRange): Promise<Readable>
  /** The blob as a file to read, if this store has files. @throws BlobNotFound. The caller must close it. */
  openFile?(sha256: Sha256): Promise<FileHandle>
  /**
   * Deletes the blob if `isGarbage` says so; returns what it was, or undefined when it stays. A copy that is stored while the
   * question is asked stays in any case. Readers see the blob until the answer; a process that dies over it deletes nothing.
   */
  collect(sha256: Sha256, isGarbage: (blob: BlobStatus) => Promise<boolean>): Promise<BlobStatus | undefined>
  /**
   * After this, whether the blob is garbage must be asked anew to delete it. Who makes something refer to a blob calls this so
   * that `isGarbage` of any question that follows knows of it. @throws BlobNotFound when it was collected before
   */
  keep(sha256: Sha256): Promise<void>
  list(): AsyncIterable<Sha256>
  /** Bytes that may still be stored; Infinity when unknown. */
  freeSpace(): Promise<number>
  /** Removes what writers that died left behind; returns how many pieces. Never touches what a live process is writing. */
  sweep(): Promise<number>
  /** Blobs that arrive in pieces. */
  readonly drafts: BlobDrafts
}

/** What is known of a draft. */
export interface DraftStatus {
  /** bytes received and flushed; undefined once the data was dropped */
  size: number | undefined
  /** the caller's own text about it */
  note: string
  /** when data or note last changed, milliseconds since the epoch */
  touchedAt: number
}

/** Blobs whose bytes arrive over several connections and restarts. A draft becomes a blob without being copied. */
export interface BlobDrafts {
  /** Until it is released, or this process dies, nobody else gets it. @throws DraftBusy, DraftNotFound for what is no id */
  lock(id: string): Promise<{ release(): Promise<void> }>
  /** An empty draft; `id` is 1 to 64 characters of A-Z a-z 0-9 `-` `_`. @throws DraftExists */
  create(id: string, note: string): Promise<void>
  find(id: string): Promise<DraftStatus | undefined>
  /** Replaces the note in one step. @throws DraftNotFound */
  setNote(id: string, note: string): Promise<void>
  /**
   * Appends at `offset`, which must be the draft's size. What arrived is flushed to disk also when the source fails.
   * @throws DraftOffset, DraftNotFound, NoSpace
   */
  append(id: string, offset: number, source: AsyncIterable<Uint8Array>): Promise<number>
  /**
   * Makes the draft's bytes a blob: hashed while they are read back through `watch`, then linked under their digest.
   * The draft stays until it is dropped, so that a crash after this can be repeated. A failure of `watch` leaves no blob.
   */
  adopt(
    id: string,
    watch: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
    expected?: Sha256,
    accept?: AcceptBlob,
  ): Promise<StoredBlob>
  /** Forgets the bytes, keeps the note. */
  dropData(id: string): Promise<void>
  remove(id: string): Promise<void>
  list(): AsyncIterable<string>
}
