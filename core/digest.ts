import { z } from 'zod'

/** A sha256 in lower-case hex: the name of a blob. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256: 64 lower-case hex digits')
export type Sha256 = z.infer<typeof Sha256>

/** A sha1 in lower-case hex; image clients of the IMGAPI family ask for it. */
export const Sha1 = z.string().regex(/^[0-9a-f]{40}$/, 'expected a sha1: 40 lower-case hex digits')
export type Sha1 = z.infer<typeof Sha1>

/** An md5 in lower-case hex: what `Content-MD5` carries, in base64. */
export const Md5 = z.string().regex(/^[0-9a-f]{32}$/, 'expected an md5: 32 lower-case hex digits')
export type Md5 = z.infer<typeof Md5>

/** Where a blob lies below a store's root: `ab/cd/abcd…`, so that no directory grows past 65 536 names. */
export function shardPath(digest: Sha256): string {
  return `${digest.slice(0, 2)}/${digest.slice(2, 4)}/${digest}`
}
