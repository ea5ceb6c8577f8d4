// The texts that a layer begins with (docs/layer-format.md).
import type { Sha256 } from '../digest.ts'

/** Where they lie in the archive; the tree lies beside them. */
export const HEAD_MEMBER = 'layer/head'
export const REMOVE_MEMBER = 'layer/remove'
export const TREE_MEMBER = 'root'

export interface LayerHead {
  origin: { template: string; version: string }
  /** the artifact of the origin to whose tree the layer applies */
  base: Sha256
  /** sha256 of the listing that the tree must have afterwards */
  listing: Sha256
}

export function renderHead({ origin, base, listing }: LayerHead): string {
  return [
    'zoneflash-layer 1',
    `origin ${origin.template}@${origin.version}`,
    `base ${base}`,
    `listing ${listing}`,
    '',
  ].join('\n')
}

export function renderRemove(paths: readonly string[]): string {
  return paths.map((path) => `${path}\n`).join('')
}
