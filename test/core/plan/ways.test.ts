import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { Plan } from '#core/plan.ts'
import type { OnHost } from '#core/plan/forms.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest, examplePlan, textOf } from '../example-plan.ts'

function withGuid(changes: Partial<Artifact> = {}): Manifest {
  const manifest = exampleManifest('web')
  return {
    ...manifest,
    artifacts: manifest.artifacts.map((artifact) =>
      artifact.format === 'zfs' ? { ...artifact, guid: '77', ...changes } : artifact,
    ),
  }
}

interface Given {
  manifest?: Manifest
  zfs?: boolean
  release?: string
  zones?: readonly object[]
  there?: ReadonlyMap<string, OnHost>
}

function planFor({
  manifest = withGuid(),
  zfs = true,
  release = 'illumos',
  zones = [{}, {}],
  there = new Map(),
}: Given): Plan {
  return examplePlan({
    host: Host.parse({ name: 'h1', release, facts: { zfs: String(zfs) } }),
    profile: Profile.parse({
      name: 'demo',
      sysid: { rootPassword: '$5$salt$verysecret' },
      zones: zones.map((zone, index) => ({ name: `web0${index + 1}`, template: 'web@stable', ...zone })),
    }),
    versions: new Map([['web@stable', { manifest }]]),
    there,
  })
}

const chosen = (plan: Plan) => plan.zones.map(({ ways }) => ways.find((way) => way.chosen)?.way)
const refusals = (plan: Plan) =>
  plan.zones.map(({ ways }) => ways.find(({ way }) => way === 'personal stream')?.why)

describe('the ways to a zone', () => {
  test('on a host that takes the version as a ZFS stream it is a personal stream, and no flash zone is attached', () => {
    const plan = planFor({})
    expect(chosen(plan)).toEqual(['personal stream', 'personal stream'])
    expect(plan.templates[0]?.guids).toEqual(['77'])
    expect(plan.steps.map(({ step, zone = 'h1' }) => `${zone} ${step}`)).toEqual([
      'h1 check',
      'flashweb fetch',
      ...['web01', 'web02'].flatMap((zone) =>
        ['receive', 'configure', 'attach', 'identity', 'boot', 'wait', 'smoke'].map(
          (step) => `${zone} ${step}`,
        ),
      ),
      'flashweb detach',
    ])
    expect(plan.steps.at(-1)?.what).toBe('nothing: no zone is cloned from it')
  })

  test('the plan shows both ways with bytes and seconds', () => {
    const text = textOf(planFor({}))
    expect(text).toMatch(/to transfer: 9\.5 MiB in 1 download, and about \d+\.\d KiB in 2 personal streams\n/)
    expect(text).toMatch(
      /\nways to zone web01 from web@1\.0\n {2}\* personal stream +\d+\.\d KiB +~\d+\.\d s {2}onto the snapshot of its template\n {4}clone +0 B +~\d+\.\d s {2}flashweb is attached for it\n/,
    )
    // the stream has a configuration of its own
    expect(text).toContain(
      '\n--- zonecfg of web01, only if the personal stream does not do\ncreate -t flashweb\n',
    )
    expect(textOf(planFor({ zfs: false }))).toContain('\n--- zonecfg of web01\ncreate -t flashweb\n')
  })

  test.each<{ what: string; given: Given; why: string }>([
    {
      what: 'a host without ZFS',
      given: { zfs: false },
      why: 'the host has no ZFS',
    },
    {
      what: 'a version of archives alone',
      given: { manifest: { ...withGuid(), artifacts: withGuid().artifacts.slice(1) } },
      why: 'web@1.0 has no ZFS stream',
    },
    {
      what: 'a profile that wants an archive',
      given: { zones: [{ form: 'tar.gz' }, { form: 'tar.gz' }] },
      why: 'the template comes as tar, no ZFS stream',
    },
    {
      what: 'a template that stands there from an archive',
      given: { there: new Map([['web', { version: '1.0', format: 'tar' }]]) },
      why: 'the template comes as tar, no ZFS stream',
    },
    {
      what: 'a stream of before its guid was kept',
      given: { manifest: exampleManifest('web') },
      why: 'no ZFS stream of web@1.0 says which snapshot it gives',
    },
  ])('$what: clones, and the plan says why', ({ given, why }) => {
    const plan = planFor(given)
    expect(chosen(plan)).toEqual(['clone', 'clone'])
    expect(refusals(plan)).toEqual([why, why])
    expect(plan.steps.filter(({ step, zone }) => step === 'attach' && zone === 'flashweb')).toHaveLength(1)
  })

  test('a zone elsewhere is cloned, and the flash zone is attached just before it', () => {
    const plan = planFor({ zones: [{}, { zonepath: '/elsewhere/web02' }, {}] })
    expect(chosen(plan)).toEqual(['personal stream', 'clone', 'personal stream'])
    expect(refusals(plan)[1]).toBe('its zonepath /elsewhere/web02 is not in /zones')
    const order = plan.steps.map(({ step, zone }) => `${zone} ${step}`)
    expect(order.indexOf('flashweb attach')).toBe(order.indexOf('web02 configure') - 1)
    expect(plan.steps.at(-1)?.what).toBe('zoneadm -z flashweb detach')
  })

  test('where attach updates, two zones are cheaper as clones of one updated flash zone, one zone is not', () => {
    const manifest = { ...withGuid(), brand: 'native', osFamily: 'solaris10' as const }
    const zone = { attachPolicy: 'update' }
    expect(chosen(planFor({ manifest, release: 's10u8', zones: [zone, zone] }))).toEqual(['clone', 'clone'])
    expect(chosen(planFor({ manifest, release: 's10u8', zones: [zone] }))).toEqual(['personal stream'])
  })

  test('however many zones there are: sums that are about equal leave the template alone', () => {
    const plan = planFor({
      zones: Array.from({ length: 40 }, () => ({})).map((_, index) => ({ name: `web${index}` })),
    })
    expect(new Set(chosen(plan))).toEqual(new Set(['personal stream']))
  })

  test('a flash zone that is kept is attached in any case: updated once, it is cloned', () => {
    const kept = { attachPolicy: 'update', flashZone: 'keep' }
    const plan = planFor({ release: 's10u8', zones: [kept] })
    expect(chosen(plan)).toEqual(['clone'])
    const streamed = planFor({ zones: [{ flashZone: 'keep' }] })
    expect(chosen(streamed)).toEqual(['personal stream'])
    expect(streamed.steps.slice(1, 4).map(({ step, zone }) => `${zone} ${step}`)).toEqual([
      'flashweb fetch',
      'flashweb configure',
      'flashweb attach',
    ])
    expect(streamed.steps.at(-1)?.what).toBe('nothing: it is kept')
  })

  test('a plan of before there were ways is still a plan', () => {
    const stored = JSON.parse(JSON.stringify(planFor({})))
    for (const zone of stored.zones) delete zone.ways
    for (const template of stored.templates) {
      delete template.guids
      for (const choice of template.choices) delete choice.seconds
    }
    const plan = Plan.parse(stored)
    expect(plan.zones.map(({ ways }) => ways)).toEqual([[], []])
    expect(textOf(plan)).not.toContain('ways to zone')
  })
})
