// Where a channel goes when it is rolled back: its history read as a stack.
import { isRemark, isUsable, type ChannelMove, type TemplateChannels } from './schema.ts'

/**
 * The versions that a channel stands on, the one it points at last. A move forward puts a version on top. A move back takes
 * off all above the version it went to; to a version that is not there it puts that one in the place of the top.
 */
export function stackOf(moves: readonly ChannelMove[], channel: string): string[] {
  const stack: string[] = []
  for (const { channel: moved, kind, to } of moves) {
    if (moved !== channel || isRemark(kind)) continue
    if (kind === 'rollback' || kind === 'canary-back') {
      const at = stack.lastIndexOf(to)
      stack.splice(at === -1 ? -1 : at + 1)
      if (at === -1) stack.push(to)
    } else if (stack.at(-1) !== to) stack.push(to)
  }
  return stack
}

/** The nearest version below the top that is another one, and of use; undefined when there is none. */
export function rollbackTarget(
  { moves, channels, versions }: Pick<TemplateChannels, 'moves' | 'channels' | 'versions'>,
  channel: string,
  unlessHeldBack = false,
): string | undefined {
  return stackOf(moves, channel).findLast((name) => {
    const version = versions.find((one) => one.version === name)
    return (
      name !== channels[channel] && isUsable(version) && !(unlessHeldBack && version.heldBack !== undefined)
    )
  })
}
