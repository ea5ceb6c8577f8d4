// Who can receive a stream: what its file system and its features need of a pool (zfs-stream.md 15, docs/receivers.md).
import { poolOf, type Host, type OsRelease } from '../host.ts'
import type { ZfsFacts } from '../manifest.ts'

/** A pool by its version, or one with feature flags, which has none. */
export interface Receiver {
  pool: number | 'features'
  /** the release that tells it; absent where the host's own facts do */
  release?: OsRelease
}

/** The newest pool that each release makes; illumos pools have feature flags. */
const poolOfRelease: Record<OsRelease, number | 'features'> = {
  s10u3: 3,
  s10u4: 4,
  s10u5: 4,
  s10u6: 10,
  s10u7: 10,
  s10u8: 15,
  s10u9: 22,
  s10u10: 29,
  s10u11: 32,
  illumos: 'features',
}

/** The oldest pool on which a file system of this ZPL version can be mounted. */
const poolOfZpl: Record<number, number> = { 1: 1, 2: 1, 3: 9, 4: 15, 5: 24 }

/** System attributes came with this pool. */
const POOL_WITH_SA = 24
/** Deduplicated streams did with this one. */
const POOL_WITH_DEDUP = 21

/** Whose pools lack a feature of a stream. Names are those of features.ts; what is not here needs nothing. */
const lackedBy: Readonly<Record<string, 'numbered pools' | 'all but the newest OpenZFS'>> = {
  'embedded data': 'numbered pools',
  lz4: 'numbered pools',
  'large blocks': 'numbered pools',
  compressed: 'numbered pools',
  'large dnodes': 'numbered pools',
  'switch to large blocks': 'numbered pools',
  zstd: 'all but the newest OpenZFS',
  'long names': 'all but the newest OpenZFS',
  'large micro ZAPs': 'all but the newest OpenZFS',
}

/** The pool version of zfs-fuse, which sandbox hosts have whatever release they act as. */
const POOL_OF_SANDBOX = 23

/** What the host's fact `zpool` says (a pool version, or `features`), else what its release brings. A fact that is not understood is a reason to offer no stream: `factProblem`. */
export function receiverOf({
  facts,
  release,
  transport,
}: Pick<Host, 'facts' | 'release' | 'transport'>): Receiver {
  const told = facts['zpool']
  const pool = told === undefined ? undefined : poolOf(told)
  if (pool !== undefined) return { pool }
  if (transport?.startsWith('sandbox:')) return { pool: POOL_OF_SANDBOX }
  return { pool: poolOfRelease[release], release }
}

/** The oldest pool that can receive such a stream and mount what comes of it. */
export function poolNeeded({
  zplVersion,
  features,
}: Pick<ZfsFacts, 'zplVersion' | 'features'>): number | 'features' {
  if (features.some((feature) => lackedBy[feature] !== undefined)) return 'features'
  return Math.max(
    poolOfZpl[zplVersion ?? 1] ?? POOL_WITH_SA,
    features.includes('system attributes') ? POOL_WITH_SA : 1,
    features.includes('dedup') ? POOL_WITH_DEDUP : 1,
  )
}

/** Features that illumos lacks, and OpenZFS had until lately. */
export function newestFeatures(features: readonly string[]): string[] {
  return features.filter((feature) => lackedBy[feature] === 'all but the newest OpenZFS')
}

/** Why a pool cannot receive a stream; undefined when no reason is known. */
export function whyNotReceived(receiver: Receiver, facts: ZfsFacts): string | undefined {
  const { pool } = receiver
  const { features, zplVersion } = facts
  if (features.includes('dedup') && !takesDedup(receiver))
    return 'the stream is deduplicated, which current software does not receive'
  const tooNew = newestFeatures(features)
  if (tooNew.length > 0) return `the stream has ${tooNew.join(' and ')}, which illumos does not receive`
  if (pool === 'features') return undefined
  const needed = poolNeeded(facts)
  const lacked = features.filter((feature) => lackedBy[feature] !== undefined)
  if (needed === 'features')
    return `the stream has ${lacked.join(' and ')}, ${nameOf(receiver, pool)}, without feature flags`
  if (pool >= needed) return undefined
  const what = zplVersion === undefined ? 'the stream' : `the stream has ZPL ${zplVersion}, which`
  return `${what} needs pool version ${needed}, ${nameOf(receiver, pool)}`
}

/** A pool that is new enough by its release alone does not tell that the software takes such streams. */
function takesDedup({ pool, release }: Receiver): boolean {
  return release === undefined && pool !== 'features' && pool >= POOL_WITH_DEDUP
}

function nameOf({ release }: Receiver, pool: number): string {
  return release === undefined
    ? `the host's pool has version ${pool}`
    : `${release} makes pools of version ${pool}`
}
