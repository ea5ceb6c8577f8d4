import { describe, expect, test } from 'vitest'
import { publishCandidate, publishVersion } from '#app/channels/publish-candidate.ts'
import type { TemplateCatalog } from '#app/ports/catalog.ts'
import type { ChannelStore } from '#app/ports/channels.ts'
import type { MoveKind } from '#core/channel/schema.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { versionOf } from './template-catalog.ts'

interface Opened {
  catalog: TemplateCatalog
  channels: ChannelStore
}

const at = new Date('2026-11-20T12:00:00.000Z')
const none = new Map()

const move = (channel: string, to: string, kind: MoveKind = 'promote', why?: string) => ({
  moves: [{ channel, to, kind, actor: 'ann', why }],
})

/** What every ChannelStore promises, beside the catalog that it belongs to. */
export function channelStoreContract(name: string, open: () => Promise<Opened>): void {
  const openWith = async (...versions: string[]): Promise<Opened> => {
    const opened = await open()
    for (const version of versions) await opened.catalog.putVersion(versionOf('web', version), none)
    return opened
  }

  describe(`${name} keeps the ChannelStore contract`, () => {
    test('a move is there with who, why and when, and the catalog knows the channel', async () => {
      const { catalog, channels } = await openWith('1', '2')
      await channels.change('web', at, () => move('stable', '1', 'publish'))
      const made = await channels.change('web', at, () => move('stable', '2', 'promote', 'it is faster'))
      const entry = { template: 'web', channel: 'stable', actor: 'ann', at: at.toISOString() }
      expect(made).toEqual([{ ...entry, from: '1', to: '2', kind: 'promote', why: 'it is faster' }])
      expect((await channels.read('web')).moves).toEqual([
        { ...entry, to: '1', kind: 'publish' },
        { ...entry, from: '1', to: '2', kind: 'promote', why: 'it is faster' },
      ])
      expect((await channels.read('web')).channels).toEqual({ stable: '2' })
      expect((await catalog.getVersion('web', 'stable')).manifest.version).toBe('2')
      expect(await channels.countMoves()).toEqual({ publish: 1, promote: 1 })
    })

    test('a version whose manifest no JSON function of a database would read is one like any other', async () => {
      const { catalog, channels } = await open()
      const notes = 'NUL \0, lone \ud800, "createdAt":"never"'
      await catalog.putVersion(versionOf('web', '1', { notes }), none)
      await channels.change('web', at, () => move('stable', '1'))
      const { versions } = await channels.read('web')
      expect(versions).toMatchObject([{ version: '1', createdAt: '2026-11-20T11:00:00.000Z' }])
    })

    test('a change that is refused leaves nothing behind, not even its first half', async () => {
      const { catalog, channels } = await openWith('1')
      await catalog.putVersion(versionOf('web', '2', { state: 'building' }), none)
      const both = { moves: [...move('stable', '1').moves, ...move('candidate', '2').moves] }
      await expect(channels.change('web', at, () => both)).rejects.toMatchObject({ code: 'WrongState' })
      await expect(channels.change('web', at, () => move('stable', '9'))).rejects.toMatchObject({
        code: 'VersionNotFound',
      })
      const boom = channels.change('web', at, () => {
        throw new Error('changed my mind')
      })
      await expect(boom).rejects.toThrow('changed my mind')
      expect(await channels.read('web')).toMatchObject({ channels: {}, moves: [] })
    })

    test('a template that is not there is TemplateNotFound everywhere', async () => {
      const { channels } = await open()
      const missing = { code: 'TemplateNotFound', kind: 'missing' }
      for (const template of ['web', 'nul\0', 'lone\ud800']) {
        await expect(channels.read(template)).rejects.toMatchObject(missing)
        await expect(channels.change(template, at, () => undefined)).rejects.toMatchObject(missing)
        await expect(channels.setPolicy(template, undefined)).rejects.toMatchObject(missing)
        await expect(channels.setCanaries(template, 'stable', [])).rejects.toMatchObject(missing)
        expect(await channels.blocked(template)).toEqual([])
        expect(await channels.blockOf(template, '1')).toBeUndefined()
        expect(await channels.withDescendants(template, '1')).toEqual([])
      }
    })

    test('changes of one template at once are made one after the other, each on what the last one left', async () => {
      const { channels } = await openWith('1', '2', '3', '4')
      const swap = (to: string) => channels.change('web', at, () => move('stable', to))
      await Promise.all(['1', '2', '3', '4'].map(swap))
      const { moves } = await channels.read('web')
      expect(moves.map(({ from }) => from)).toEqual([undefined, ...moves.slice(0, -1).map(({ to }) => to)])
    })

    test('of many first versions at once exactly one becomes stable, and the newest candidate', async () => {
      const { catalog, channels } = await open()
      const records = ['1', '2', '3', '4', '5', '6'].map((version) =>
        versionOf('web', version, { createdAt: `2026-11-20T11:00:0${version}.000Z` }),
      )
      for (const record of records) await catalog.putVersion(record, none)
      const needs = { channels, audit: new MemoryAuditLog(), clock: new FakeClock() }
      await Promise.all(records.map((record) => publishVersion(record, needs)))
      const there = await channels.read('web')
      expect(there.channels['candidate']).toBe('6')
      const firsts = there.moves.filter(({ channel }) => channel === 'stable')
      expect(firsts).toMatchObject([{ kind: 'first', to: there.channels['stable'] }])
    })

    test('what a build publishes is candidate, and stable only when somebody says so', async () => {
      const { channels } = await openWith('1')
      const needs = { channels, audit: new MemoryAuditLog(), clock: new FakeClock() }
      await publishCandidate({ template: 'web', version: '1', actor: 'build', policy: undefined }, needs)
      expect((await channels.read('web')).channels).toEqual({ candidate: '1' })
    })

    test('a version that is deleted while a channel moves to it is either kept or not moved to', async () => {
      const { catalog, channels } = await openWith('1', '2')
      await channels.change('web', at, () => move('stable', '1'))
      const [moved, deleted] = await Promise.allSettled([
        channels.change('web', at, () => move('stable', '2')),
        catalog.setState('web', '2', 'deleted'),
      ])
      expect([moved.status, deleted.status].toSorted()).toEqual(['fulfilled', 'rejected'])
      const stable = (await channels.read('web')).channels['stable']
      expect((await catalog.getVersion('web', stable ?? '')).state).toBe('ready')
    })

    test('a revocation blocks children and grandchildren, also those made later, until it is taken back', async () => {
      const { catalog, channels } = await open()
      const child = (template: string, version: string, origin: string) =>
        catalog.putVersion(
          versionOf(template, version, {
            origin: { template: origin.split('@')[0] ?? '', version: origin.split('@')[1] ?? '' },
          }),
          none,
        )
      await catalog.putVersion(versionOf('base', '1'), none)
      await catalog.putVersion(versionOf('base', '2'), none)
      await child('web', '1', 'base@1')
      await child('shop', '1', 'web@1')
      await child('shop', '2', 'base@2')
      await catalog.setState('base', '1', 'revoked', { why: 'leaks a key', at })
      await child('late', '1', 'shop@1')
      const by = { template: 'base', version: '1', why: 'leaks a key', since: at.toISOString() }
      const ids = (await channels.blocked()).map((one) => `${one.template}@${one.version}`)
      expect(ids.toSorted()).toEqual(['base@1', 'late@1', 'shop@1', 'web@1'])
      expect(await channels.blocked('shop')).toEqual([{ template: 'shop', version: '1', by }])
      expect(await channels.blockOf('late', '1')).toEqual(by)
      expect(await channels.blockOf('shop', '2')).toBeUndefined()
      const family = (await channels.withDescendants('base', '1')).map((one) => one.template)
      expect(family).toEqual(['base', 'late', 'shop', 'web'])
      expect((await channels.read('shop')).versions).toMatchObject([
        { version: '1', state: 'ready', blockedBy: by },
        { version: '2', state: 'ready', blockedBy: undefined },
      ])
      await catalog.setState('base', '1', 'ready')
      expect(await channels.blocked()).toEqual([])
    })

    test('of two revoked versions in one line the nearer one is named', async () => {
      const { catalog, channels } = await open()
      await catalog.putVersion(versionOf('base', '1'), none)
      await catalog.putVersion(versionOf('web', '1', { origin: { template: 'base', version: '1' } }), none)
      await catalog.putVersion(versionOf('shop', '1', { origin: { template: 'web', version: '1' } }), none)
      await catalog.setState('base', '1', 'revoked', { at })
      await catalog.setState('web', '1', 'revoked', { at })
      expect(await channels.blockOf('shop', '1')).toMatchObject({ template: 'web' })
      expect(await channels.blockOf('web', '1')).toMatchObject({ template: 'web' })
      await catalog.setState('web', '1', 'ready')
      expect(await channels.blockOf('shop', '1')).toMatchObject({ template: 'base' })
    })

    test('a version is held back with a reason until it is not', async () => {
      const { channels } = await openWith('1')
      const heldBack = async () => (await channels.read('web')).versions[0]?.heldBack
      expect(await heldBack()).toBeUndefined()
      await channels.change('web', at, () => ({ hold: { version: '1', why: 'h1: smoke failed' } }))
      expect(await heldBack()).toBe('h1: smoke failed')
      await channels.change('web', at, () => ({ hold: { version: '1', why: undefined } }))
      expect(await heldBack()).toBeUndefined()
    })

    test('policy and canaries are kept, replaced and taken away', async () => {
      const { catalog, channels } = await openWith('1')
      await catalog.ensureTemplate('plain')
      const policy = { to: 'stable', afterInstalls: 3 }
      await channels.setPolicy('web', policy)
      await channels.setCanaries('web', 'stable', ['h2', 'h1', 'h1'])
      expect(await channels.read('web')).toMatchObject({ policy, canaries: { stable: ['h1', 'h2'] } })
      expect(await channels.withPolicy()).toEqual(['web'])
      await channels.setPolicy('web', undefined)
      await channels.setCanaries('web', 'stable', [])
      expect(await channels.read('web')).toMatchObject({ policy: undefined, canaries: {} })
      expect(await channels.withPolicy()).toEqual([])
      await expect(channels.setCanaries('web', 'nul\0', ['h1'])).rejects.toMatchObject({
        code: 'UnstorableText',
      })
    })
  })
}
