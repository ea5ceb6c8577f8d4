import { describe, expect, test } from 'vitest'
import { templatesOnHost } from '#app/templates-on-host.ts'
import type { InstallEvent } from '#core/install.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest, examplePlan } from '#test/core/example-plan.ts'
import { MemoryInstallLog } from '#test/fakes/memory-install-log.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'

const planOf = (version: string) =>
  examplePlan({
    profile: Profile.parse({
      name: 'demo',
      sysid: { rootPassword: '$5$salt$verysecret' },
      zones: [{ name: 'web01', template: 'web@stable' }],
    }),
    versions: new Map([['web@stable', { manifest: exampleManifest('web', { version }) }]]),
  })

const fetched = (state: InstallEvent['state'], message?: string) => ({
  step: 'fetch',
  zone: 'flashweb',
  state,
  ...(message !== undefined && { message }),
})

/** Installs of one host, oldest first, with what each reported. */
async function after(
  ...installs: { version: string; events: Omit<InstallEvent, 'id'>[] }[]
): Promise<unknown> {
  const clock = new FakeClock()
  const log = new MemoryInstallLog(clock)
  for (const { version, events } of installs) {
    clock.advance(60_000)
    const { install } = await log.arm('h1', planOf(version), 3_600_000)
    let number = 0
    for (const event of events) await log.record(install.id, { ...event, id: `e${(number += 1)}` })
  }
  return Object.fromEntries(await templatesOnHost('h1', { installs: log }))
}

describe('templatesOnHost', () => {
  test('is what the newest report of each template says', async () => {
    expect(
      await after(
        { version: '1', events: [fetched('done', 'took zfs')] },
        {
          version: '2',
          events: [fetched('started'), fetched('done', 'building on x\ntook zfs-incremental')],
        },
        { version: '3', events: [] },
      ),
    ).toEqual({ web: { version: '2', format: 'zfs-incremental' } })
  })

  test('knows which stream it was, where the script said so', async () => {
    const sha256 = 'ab'.repeat(32)
    expect(
      await after({ version: '1', events: [fetched('done', `building on x\nsha256 ${sha256}\ntook zfs`)] }),
    ).toEqual({ web: { version: '1', format: 'zfs', sha256 } })
  })

  test('knows the form of what was there already from the install that brought it', async () => {
    expect(
      await after(
        { version: '1', events: [fetched('done', 'took layer')] },
        { version: '1', events: [fetched('skipped')] },
      ),
    ).toEqual({ web: { version: '1', format: 'layer' } })
  })

  test('is nothing when the install took it back, whatever was there before', async () => {
    expect(
      await after(
        { version: '1', events: [fetched('done')] },
        { version: '2', events: [fetched('done'), { step: 'rollback', state: 'started' }] },
      ),
    ).toEqual({})
  })

  test('a fetch that failed leaves what was there', async () => {
    expect(
      await after(
        { version: '1', events: [fetched('done', 'took tar')] },
        { version: '2', events: [fetched('failed'), { step: 'rollback', state: 'skipped' }] },
      ),
    ).toEqual({ web: { version: '1', format: 'tar' } })
  })
})
