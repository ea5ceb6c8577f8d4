import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rollbackTarget, stackOf } from '#core/channel/rollback.ts'
import type { ChannelMove, ChannelVersion, MoveKind, TemplateChannels } from '#core/channel/schema.ts'

type History = Pick<TemplateChannels, 'moves' | 'channels' | 'versions'>

const versionOf = (version: string, usable: boolean, heldBack = false): ChannelVersion => ({
  version,
  state: usable ? 'ready' : 'revoked',
  createdAt: '2026-11-20T11:00:00.000Z',
  heldBack: heldBack ? 'it failed' : undefined,
  blockedBy: undefined,
})

const moveTo = (to: string, kind: MoveKind = 'promote'): ChannelMove => ({
  template: 'web',
  channel: 'stable',
  to,
  kind,
  actor: 'ann',
  at: '2026-11-20T12:00:00.000Z',
})

const historyOf = (...moves: ChannelMove[]): History => ({
  moves,
  channels: { stable: stackOf(moves, 'stable').at(-1) ?? '' },
  versions: ['1', '2', '3', '4'].map((name) => versionOf(name, true)),
})

/** Rolls back as often as it can; where the channel was after each. */
function rollBackAll(history: History): string[] {
  const steps: string[] = []
  for (let at = history; ;) {
    const target = rollbackTarget(at, 'stable')
    if (target === undefined) return steps
    steps.push(target)
    at = { ...at, moves: [...at.moves, moveTo(target, 'rollback')], channels: { stable: target } }
  }
}

describe('a rollback', () => {
  test('goes to the version before, a second one to the one before that', () => {
    expect(rollBackAll(historyOf(moveTo('1'), moveTo('2'), moveTo('3')))).toEqual(['2', '1'])
  })

  test('after a rollback and a promotion comes back to what was rolled back to', () => {
    const history = historyOf(moveTo('1'), moveTo('2'), moveTo('1', 'rollback'), moveTo('3'))
    expect(rollBackAll(history)).toEqual(['1'])
  })

  test('to a version that the channel never had puts it in the place of the one that is left', () => {
    const history = historyOf(moveTo('1'), moveTo('2'), moveTo('4', 'rollback'))
    expect(stackOf(history.moves, 'stable')).toEqual(['1', '4'])
    expect(rollBackAll(history)).toEqual(['1'])
  })

  test('skips what is revoked or deleted, and other channels’ moves and remarks say nothing', () => {
    const history = historyOf(
      moveTo('1'),
      moveTo('2'),
      { ...moveTo('4'), channel: 'candidate' },
      moveTo('3'),
      moveTo('3', 'revoke'),
    )
    expect(
      rollbackTarget({ ...history, versions: [versionOf('1', true), versionOf('2', false)] }, 'stable'),
    ).toBe('1')
    expect(rollbackTarget({ ...history, versions: [versionOf('1', true)] }, 'stable')).toBe('1')
    expect(rollbackTarget({ ...history, versions: [] }, 'stable')).toBeUndefined()
  })

  test('of a candidate passes over what failed', () => {
    const history = { ...historyOf(moveTo('1'), moveTo('2'), moveTo('3')) }
    const versions = [versionOf('1', true), versionOf('2', true, true), versionOf('3', true)]
    expect(rollbackTarget({ ...history, versions }, 'stable', true)).toBe('1')
    expect(rollbackTarget({ ...history, versions }, 'stable')).toBe('2')
  })
})

const names = ['1', '2', '3', '4', '5', '6']
const someName = fc.constantFrom(...names)
const anyDeed = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('promote' as const), version: someName }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rollback' as const), version: someName }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rollback-to' as const), version: someName }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), version: someName }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unrevoke' as const), version: someName }) },
)

/** What may not be said of a rollback from `before` to `target`. */
function wrongAbout(
  target: string,
  current: string,
  usable: ReadonlySet<string>,
  moves: readonly ChannelMove[],
) {
  const after = [...moves, moveTo(target, 'rollback')]
  return [
    ...(usable.has(target) ? [] : [`${target} is not usable`]),
    ...(target === current ? [`${target} is where it was`] : []),
    ...(moves.some(({ to }) => to === target) ? [] : [`it never was ${target}`]),
    ...(stackOf(after, 'stable').length < stackOf(moves, 'stable').length ? [] : ['it went no further back']),
  ]
}

/** Does the deeds; everything that was wrong about any of them. */
function wrongAfter(deeds: readonly { do: string; version: string }[]): string[] {
  const usable = new Set(names)
  const moves: ChannelMove[] = []
  const wrong: string[] = []
  let current = ''
  const go = (to: string, kind: MoveKind) => {
    moves.push(moveTo(to, kind))
    current = to
  }
  for (const { do: deed, version } of deeds) {
    const versions = names.map((name) => versionOf(name, usable.has(name)))
    const target = rollbackTarget({ moves, channels: { stable: current }, versions }, 'stable')
    if (deed === 'revoke') usable.delete(version)
    else if (deed === 'unrevoke') usable.add(version)
    else if (deed === 'rollback' && target !== undefined) {
      wrong.push(...wrongAbout(target, current, usable, moves))
      go(target, 'rollback')
    } else if (deed !== 'rollback' && usable.has(version) && version !== current)
      go(version, deed === 'promote' ? 'promote' : 'rollback')
    if ((stackOf(moves, 'stable').at(-1) ?? '') !== current) wrong.push(`the top is not ${current}`)
  }
  const versions = names.map((name) => versionOf(name, usable.has(name)))
  if (rollBackAll({ moves, channels: { stable: current }, versions }).length > moves.length)
    wrong.push('rollbacks do not end')
  return wrong
}

test('after any deeds a rollback lands on a usable other version that the channel has had, and they come to an end', () => {
  fc.assert(
    fc.property(fc.array(anyDeed, { maxLength: 40 }), (deeds) => {
      expect(wrongAfter(deeds)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
