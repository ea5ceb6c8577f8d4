// What `stream verify` says of a stream that is whole.
import { featureNames } from '#core/zfs/features.ts'
import { newestFeatures, poolNeeded } from '#core/zfs/receivers.ts'
import type { ZfsStreamInfo } from '#core/zfs/record-reader.ts'
import { renderBytes, renderName } from '../output.ts'
import type { ReadTree } from './read-tree.ts'

export interface Verified {
  file: string
  info: ZfsStreamInfo
  read?: ReadTree
  /** the file that it was applied to */
  base?: string
  /** no tree was read, and why */
  why?: string
}

/** For --json. */
export function verifiedFacts({ file, info, read, base, why }: Verified) {
  const [first] = info.snapshots
  const last = info.snapshots.at(-1)
  const bits = info.snapshots.reduce((all, { features }) => all | features, 0n)
  const features = featureNames(bits)
  const pool = poolNeeded({ zplVersion: read?.tree.zplVersion, features })
  return {
    file,
    ok: true,
    kind: first === undefined || first.fromGuid === '0' ? 'full' : 'increment',
    isPackage: info.isPackage,
    snapshots: info.snapshots.map(({ toName }) => toName),
    ...(last && { guid: last.toGuid, created: last.created }),
    ...(first && first.fromGuid !== '0' && { fromGuid: first.fromGuid }),
    byteOrder: info.littleEndian ? 'little' : 'big',
    features,
    records: info.records,
    bytes: info.bytes,
    // features tell it by themselves, a version does not
    ...((read || pool === 'features') && { pool }),
    ...(base !== undefined && { base }),
    ...(read && treeFacts(read)),
    ...(why !== undefined && { treeNotRead: why }),
  }
}

function treeFacts({ tree }: ReadTree) {
  const files = tree.nodes.filter(({ type, hardlinkTo }) => type === 'file' && hardlinkTo === undefined)
  return {
    zplVersion: tree.zplVersion,
    names: tree.nodes.length,
    files: files.length,
    fileBytes: files.reduce((sum, { size }) => sum + size, 0),
    hidden: tree.hidden,
    notices: tree.notices,
  }
}

export function renderVerified(verified: Verified): string {
  const facts = verifiedFacts(verified)
  const order = facts.byteOrder === 'big' ? ', big-endian' : ''
  const form = facts.isPackage ? 'package, ' : ''
  const base = facts.fromGuid === undefined ? '' : ` from guid ${facts.fromGuid}`
  const lines = [
    `${facts.file}: good`,
    `  ${form}${facts.kind} ${facts.snapshots.map(renderName).join(', ')}  guid ${facts.guid ?? '-'}${base}${order}`,
    `  features: ${facts.features.join(', ') || 'none'}${receiverLine(facts)}`,
    `  ${facts.records} records, ${renderBytes(facts.bytes)}${treeLine(facts, verified)}`,
    ...(verified.read?.tree.notices ?? []).map((notice) => `  note: ${renderName(notice)}`),
    ...(facts.treeNotRead === undefined ? [] : [`  checksums alone: ${renderName(facts.treeNotRead)}`]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

/** Nothing where nobody knows: of an increment without its base, and of what cannot be read. */
function receiverLine({ pool, features }: ReturnType<typeof verifiedFacts>): string {
  if (newestFeatures(features).length > 0) return '; for a newer OpenZFS'
  return pool === undefined ? '' : `; for ${renderPool(pool)}`
}

/** `pools of version 15 and later` */
export function renderPool(pool: number | 'features'): string {
  return pool === 'features' ? 'pools with feature flags' : `pools of version ${pool} and later`
}

function treeLine(facts: ReturnType<typeof verifiedFacts>, { base }: Verified): string {
  if (!('names' in facts)) return ''
  const { zplVersion, names, files, fileBytes } = facts
  const on = base === undefined ? '' : ` on ${base}`
  return `; ZPL ${zplVersion}, ${names} names${on}, ${files} files of ${renderBytes(fileBytes ?? 0)}`
}
