import { z } from 'zod'

/** A version's life (design: building → testing → ready → revoked → deleted). Immutable once ready. */
export const VersionState = z.enum(['building', 'testing', 'ready', 'revoked', 'deleted'])
export type VersionState = z.infer<typeof VersionState>

const successors: Record<VersionState, readonly VersionState[]> = {
  building: ['testing', 'ready', 'deleted'],
  testing: ['ready', 'deleted'],
  ready: ['revoked', 'deleted'],
  revoked: ['ready', 'deleted'],
  deleted: [],
}

/** Whether a version may go from one state to another. */
export function mayBecome(from: VersionState, to: VersionState): boolean {
  return successors[from].includes(to)
}
