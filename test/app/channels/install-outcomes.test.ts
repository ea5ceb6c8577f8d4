import { beforeEach, describe, expect, test, vi } from 'vitest'
import { promoteDue } from '#app/channels/promote-due.ts'
import { publishCandidate } from '#app/channels/publish-candidate.ts'
import { promoteVersion } from '#app/channels/promote-version.ts'
import { resolveReference } from '#app/channels/resolve-reference.ts'
import { revokeVersion, unrevokeVersion } from '#app/channels/revoke-version.ts'
import { rollbackChannel } from '#app/channels/rollback-channel.ts'
import type { Install } from '#app/ports/installs.ts'
import { recordEvents } from '#app/record-events.ts'
import type { PromotePolicy } from '#core/channel/schema.ts'
import type { InstallEvent } from '#core/install.ts'
import { versionOf } from '#test/contracts/template-catalog.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { MemoryChannelStore } from '#test/fakes/memory-channel-store.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { MemoryTemplateCatalog } from '#test/fakes/memory-template-catalog.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'

const HOUR = 3_600_000

function openNeeds() {
  const clock = new FakeClock()
  const catalog = new MemoryTemplateCatalog()
  const zones = new MemoryZoneRegistry()
  const audit = new MemoryAuditLog(clock)
  const posted: { url: string; body: object }[] = []
  return {
    clock,
    catalog,
    channels: new MemoryChannelStore(catalog, audit),
    zones,
    installs: new MemoryInstallLog(clock, zones),
    audit,
    posted,
    post: async (url: string, body: object) => void posted.push({ url, body }),
  }
}
let needs: ReturnType<typeof openNeeds>

beforeEach(() => {
  needs = openNeeds()
})

/** A build's last step; the first version is promoted by a person. */
async function publish(version: string, policy?: PromotePolicy): Promise<void> {
  needs.clock.advance(1000)
  const createdAt = needs.clock.now().toISOString()
  await needs.catalog.putVersion(versionOf('web', version, { createdAt }), new Map())
  await publishCandidate({ template: 'web', version, actor: 'build', policy }, needs)
  if ((await channels())['stable'] === undefined)
    await promoteVersion({ template: 'web', channel: 'stable', version, actor: 'ann' }, needs)
}

const resolved = async (host: string, selector = 'stable') => {
  const { record, canary } = await resolveReference({ template: 'web', selector }, host, needs)
  return { version: record.manifest.version, canary }
}

/** Arms the host with what it gets for `web@stable`. */
async function arm(host: string): Promise<Install> {
  const { version } = await resolved(host)
  const plan = {
    zones: [{ name: 'web01', template: 'web', version }],
    templates: [{ name: 'web', version, flashZone: 'flashweb' }],
  }
  return (await needs.installs.arm(host, plan, HOUR)).install
}

let count = 0
const report = (
  install: Install,
  ...events: [step: string, zone: string, state: InstallEvent['state'], message?: string][]
) =>
  recordEvents(
    install,
    events.map(([step, zone, state, message]) => ({
      id: String(++count),
      step,
      state,
      ...(zone !== '' && { zone }),
      ...(message !== undefined && { message }),
    })),
    needs,
  )

const channels = async () => (await needs.channels.read('web')).channels
const lastMove = async () => (await needs.channels.read('web')).moves.at(-1)
const heldBack = async (version: string) =>
  (await needs.channels.read('web')).versions.find((one) => one.version === version)?.heldBack

describe('a system that fails on a canary', () => {
  const armSystem = async () => {
    const { version } = await resolved('h1')
    const plan = { zones: [], templates: [], system: { template: 'web', version } }
    return (await needs.installs.arm('h1', plan, HOUR)).install
  }
  beforeEach(async () => {
    await publish('1')
    await publish('2')
    await needs.channels.setCanaries('web', 'stable', ['h1'])
  })

  test('is the candidate no more', async () => {
    await report(
      await armSystem(),
      ['system', '', 'failed', 'rpool/ROOT/web-2 holds no etc'],
      ['install', '', 'failed'],
    )
    expect((await channels())['candidate']).toBe('1')
    expect(await heldBack('2')).toBe('h1: system failed: rpool/ROOT/web-2 holds no etc')
  })

  test('stays it where the host was not fit, or the network went away', async () => {
    await report(
      await armSystem(),
      ['check', '', 'failed', 'web@2 needs about 9 MiB, pool rpool has 8 MiB free'],
      [
        'system',
        '',
        'failed',
        'cannot receive: end of file\nweb: the transfer of /flash/web/2.zfs broke off',
      ],
      ['install', '', 'failed'],
    )
    expect((await channels())['candidate']).toBe('2')
    expect(await heldBack('2')).toBeUndefined()
  })
})

describe('a canary', () => {
  beforeEach(async () => {
    await publish('1')
    await publish('2')
    await needs.channels.setCanaries('web', 'stable', ['h1'])
  })

  test('gets the candidate where others get the channel, and only as long as it is newer and of use', async () => {
    expect(await resolved('h1')).toEqual({ version: '2', canary: { channel: 'stable', instead: '1' } })
    expect(await resolved('h2')).toEqual({ version: '1', canary: undefined })
    expect(await resolved('h1', '1')).toEqual({ version: '1', canary: undefined })
    await revokeVersion({ template: 'web', version: '2', actor: 'ann' }, needs)
    expect(await resolved('h1')).toMatchObject({ version: '1' })
    await unrevokeVersion({ template: 'web', version: '2', actor: 'ann' }, needs)
    expect(await resolved('h1')).toMatchObject({ version: '2' })
    await promoteVersion({ template: 'web', channel: 'stable', version: '2', actor: 'ann' }, needs)
    expect(await resolved('h1')).toEqual({ version: '2', canary: undefined })
  })

  test('whose smoke check fails sends the candidate back to the last good version, and says so everywhere', async () => {
    await publish('3')
    const install = await arm('h1')
    await report(
      install,
      ['install', '', 'started'],
      ['smoke', 'web01', 'failed', 'ok so far\nno answer on port 80'],
    )
    expect(await channels()).toEqual({ candidate: '2', stable: '1' })
    const why = 'h1: smoke of web01 failed: no answer on port 80'
    expect(await lastMove()).toMatchObject({
      kind: 'canary-back',
      from: '3',
      to: '2',
      actor: 'automatic',
      why,
    })
    expect(await heldBack('3')).toBe(why)
    expect(await needs.audit.list(1)).toMatchObject([
      { action: 'channel.canary-back', subject: 'web@candidate' },
    ])
    const notice = (await needs.installs.events(install.id)).find(({ step }) => step === 'notice')
    expect(notice?.message).toBe(
      'web@candidate goes back from 3 to 2: this host is a canary, and smoke failed',
    )
    expect(await resolved('h1')).toMatchObject({ version: '2' })
  })

  test('that fails is told to the webhooks of the recipe, once', async () => {
    await needs.channels.setPolicy('web', undefined, ['http://ci/hook'])
    const install = await arm('h1')
    const failed = { id: 'once', step: 'smoke', zone: 'web01', state: 'failed' } as const
    await recordEvents(install, [failed], needs)
    await recordEvents(install, [failed], needs)
    expect(needs.posted).toMatchObject([
      {
        url: 'http://ci/hook',
        body: { event: 'canary-back', template: 'web', from: '2', to: '1', host: 'h1' },
      },
    ])
  })

  test('whose report was answered by nobody is told once more by the next one who gets it', async () => {
    await needs.channels.setPolicy('web', undefined, ['http://ci/hook'])
    const install = await arm('h1')
    const failed = { id: 'lost', step: 'smoke', zone: 'web01', state: 'failed' } as const
    vi.spyOn(needs.installs, 'events').mockRejectedValueOnce(new Error('gone'))
    const lost = recordEvents(install, [failed], needs)
    await expect(lost).rejects.toThrow('gone')
    expect(await channels()).toMatchObject({ candidate: '1' })
    expect(needs.posted).toEqual([])
    for (let time = 0; time < 2; time++) await recordEvents(install, [failed], needs)
    expect(needs.posted).toMatchObject([{ body: { event: 'canary-back', from: '2', to: '1' } }])
    expect((await needs.installs.events(install.id)).filter(({ step }) => step === 'notice')).toHaveLength(1)
  })

  test('that fails with what is the candidate no more makes the next one go back further', async () => {
    const late = await arm('h1')
    await publish('3')
    await report(late, ['smoke', 'web01', 'failed', 'slow'])
    expect(await channels()).toEqual({ candidate: '3', stable: '1' })
    expect(await heldBack('2')).toBe('h1: smoke of web01 failed: slow')
    await report(await arm('h1'), ['smoke', 'web01', 'failed'])
    expect(await channels()).toEqual({ candidate: '1', stable: '1' })
  })

  test('that sends the same report again, and the report on the whole run, moves nothing further', async () => {
    await publish('3')
    const install = await arm('h1')
    const failed = { id: 'again', step: 'smoke', zone: 'web01', state: 'failed' } as const
    await recordEvents(install, [failed], needs)
    await recordEvents(install, [failed], needs)
    await report(install, ['rollback', '', 'done'], ['install', '', 'failed', 'no answer'])
    expect(await channels()).toMatchObject({ candidate: '2' })
    expect(await needs.channels.countMoves()).toMatchObject({ 'canary-back': 1 })
    expect((await needs.installs.get(install.id)).state).toBe('failed')
  })

  test('that could not begin, or was stopped by somebody, speaks against no version', async () => {
    const install = await arm('h1')
    await report(
      install,
      ['check', '', 'failed', 'this host has no zoneadm'],
      ['install', '', 'failed', 'no zoneadm'],
    )
    const stopped = await arm('h1')
    await report(stopped, ['boot', 'web01', 'failed', 'the run was interrupted by a signal'])
    expect(await channels()).toMatchObject({ candidate: '2' })
    expect(await heldBack('2')).toBeUndefined()
  })

  test('whose zone is of an earlier version, or whose transfer broke off, speaks not against the candidate', async () => {
    await report(await arm('h1'), [
      'fetch',
      'flashweb',
      'failed',
      'curl: (7)\nweb: the transfer of /a/1 broke off',
    ])
    const { install } = await needs.installs.arm(
      'h1',
      { zones: [{ name: 'web01', template: 'web', version: '1' }] },
      HOUR,
    )
    await report(install, ['clone', 'web01', 'done'])
    await report(await arm('h1'), ['clone', 'web01', 'skipped'], ['smoke', 'web01', 'failed'])
    expect(await channels()).toEqual({ candidate: '2', stable: '1' })
    expect(await heldBack('2')).toBeUndefined()
  })

  test('that fails before any step of a zone speaks against the versions of its plan', async () => {
    await report(await arm('h1'), ['install', '', 'failed', 'the disk is gone'])
    expect(await channels()).toEqual({ candidate: '1', stable: '1' })
  })

  test('with the first version of all has nothing to go back to', async () => {
    needs = openNeeds()
    await publish('1')
    await needs.channels.setCanaries('web', 'stable', ['h1'])
    await report(await arm('h1'), ['smoke', 'web01', 'failed'])
    expect(await channels()).toEqual({ candidate: '1', stable: '1' })
    expect(await heldBack('1')).toBeUndefined()
  })

  test('makes a failed version stay away, also when it is published again, until a person promotes it', async () => {
    await report(await arm('h1'), ['fetch', 'flashweb', 'failed'])
    await publishCandidate({ template: 'web', version: '2', actor: 'build', policy: undefined }, needs)
    expect(await channels()).toEqual({ candidate: '1', stable: '1' })
    await promoteVersion({ template: 'web', channel: 'candidate', version: '2', actor: 'ann' }, needs)
    expect(await heldBack('2')).toBeUndefined()
    expect(await resolved('h1')).toMatchObject({ version: '2' })
  })
})

describe('automatic promotion', () => {
  const succeed = async (host: string, version: string, how: 'done' | 'skipped' = 'done') => {
    const { install } = await needs.installs.arm(
      host,
      { zones: [{ name: 'w', template: 'web', version }] },
      HOUR,
    )
    await report(install, ['clone', 'w', how], ['install', '', 'done'])
  }

  test('comes with the wanted number of successful installs of the candidate, and not before', async () => {
    await publish('1')
    await publish('2', { to: 'stable', afterInstalls: 2 })
    await succeed('h1', '2')
    await succeed('h2', '1')
    expect(await channels()).toMatchObject({ stable: '1' })
    await succeed('h3', '2')
    expect(await channels()).toMatchObject({ stable: '2' })
    expect(await lastMove()).toMatchObject({
      kind: 'automatic',
      actor: 'automatic',
      why: expect.stringMatching(/^2 successful installs since .*, 2 wanted$/),
    })
  })

  test('counts hosts that made a zone of it: not one twice, and none that left its zone alone', async () => {
    await publish('1')
    await succeed('h2', '1')
    await publish('2', { to: 'stable', afterInstalls: 2 })
    await succeed('h1', '2')
    await succeed('h1', '2')
    await succeed('h2', '2', 'skipped')
    expect(await channels()).toMatchObject({ stable: '1' })
    await succeed('h2', '2')
    expect(await channels()).toMatchObject({ stable: '2' })
  })

  test('comes when the candidate is old enough; twice at once it comes once', async () => {
    await publish('1')
    await publish('2', { to: 'stable', afterHours: 24 })
    needs.clock.advance(24 * HOUR - 1)
    expect(await promoteDue(needs)).toEqual([])
    needs.clock.advance(1)
    const made = await Promise.all([promoteDue(needs), promoteDue(needs), promoteDue(needs)])
    expect(made.flat()).toMatchObject([{ kind: 'automatic', from: '1', to: '2' }])
  })

  test('stops with a failed install of the candidate, and the history says so', async () => {
    await publish('1')
    await publish('2', { to: 'stable', afterInstalls: 1, afterHours: 1 })
    const plan = { zones: [{ name: 'web01', template: 'web', version: '2' }] }
    const { install } = await needs.installs.arm('h5', plan, HOUR)
    await report(install, ['smoke', 'web01', 'failed', 'no answer'])
    expect(await lastMove()).toMatchObject({
      kind: 'hold',
      channel: 'candidate',
      to: '2',
      why: 'h5: smoke of web01 failed: no answer',
    })
    await succeed('h6', '2')
    needs.clock.advance(2 * HOUR)
    expect(await promoteDue(needs)).toEqual([])
    expect(await channels()).toEqual({ candidate: '2', stable: '1' })
  })

  test('does not bring back what a person rolled back, nor a revoked version', async () => {
    await publish('1')
    await publish('2', { to: 'stable', afterHours: 1 })
    needs.clock.advance(HOUR)
    await promoteDue(needs)
    await rollbackChannel({ template: 'web', channel: 'stable', actor: 'ann', why: 'slow' }, needs)
    expect(await channels()).toEqual({ candidate: '2', stable: '1' })
    expect(await promoteDue(needs)).toEqual([])
    await publish('3', { to: 'stable', afterHours: 1 })
    await revokeVersion({ template: 'web', version: '3', actor: 'ann' }, needs)
    needs.clock.advance(HOUR)
    expect(await promoteDue(needs)).toEqual([])
  })

  test('ends when the recipe says nothing of it any more', async () => {
    await publish('1')
    await publish('2', { to: 'stable', afterHours: 1 })
    await publish('3')
    needs.clock.advance(HOUR)
    expect(await promoteDue(needs)).toEqual([])
  })
})

describe('the zones of a host', () => {
  test('are those that were made and booted, not those that were taken back', async () => {
    await publish('1')
    const install = await arm('h1')
    await report(install, ['clone', 'web01', 'done'])
    expect(await needs.zones.list()).toMatchObject([{ zone: 'web01', version: '1', booted: false }])
    await report(install, ['boot', 'web01', 'failed'], ['rollback', '', 'done', 'left behind: zone web01'])
    expect(await needs.zones.list()).toHaveLength(1)
    await report(install, ['rollback', '', 'done'])
    expect(await needs.zones.list()).toEqual([])
    await report(install, ['clone', 'web01', 'done'], ['boot', 'web01', 'done'], ['smoke', 'web01', 'failed'])
    await report(install, ['rollback', '', 'done'])
    expect(await needs.zones.list()).toMatchObject([{ zone: 'web01', booted: true }])
  })

  test('say themselves what they were made from, and an install takes back only its own', async () => {
    await publish('1')
    const plan = { zones: ['web01', 'web02'].map((name) => ({ name, template: 'web', version: '1' })) }
    const { install } = await needs.installs.arm('h1', plan, HOUR)
    await report(install, ['receive', 'web02', 'done'])
    expect(await needs.zones.list()).toEqual([])
    // behind its personal stream, a zone is one by being attached
    await report(install, ['attach', 'web02', 'done'])
    const later = (await needs.installs.arm('h1', plan, HOUR)).install
    await report(later, ['zone', 'web01', 'skipped', 'made from web@0'], ['rollback', '', 'done'])
    expect(await needs.zones.list()).toMatchObject([
      { zone: 'web01', version: '0', booted: true },
      { zone: 'web02', version: '1' },
    ])
    await report(later, ['zone', 'web03', 'skipped', 'made from ../@1'])
    expect(await needs.zones.list()).toHaveLength(2)
  })

  test('that a later install leaves alone keep the version they were made from', async () => {
    await publish('1')
    await report(
      await arm('h1'),
      ['clone', 'web01', 'done'],
      ['boot', 'web01', 'done'],
      ['install', '', 'done'],
    )
    await publish('2')
    await promoteVersion({ template: 'web', channel: 'stable', version: '2', actor: 'ann' }, needs)
    needs.clock.advance(HOUR)
    await report(await arm('h1'), ['zone', 'web01', 'skipped'], ['install', '', 'done'])
    const now = needs.clock.now().toISOString()
    expect(await needs.zones.list()).toMatchObject([{ version: '1', lastReported: now }])
  })
})
