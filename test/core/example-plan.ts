// A plan for tests: two zones of one template and one of another.
import { Host } from '#core/host.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { makePlan, type PlanInput } from '#core/plan.ts'
import type { Plan } from '#core/plan.ts'
import { maskPlan } from '#core/plan/mask-plan.ts'
import { renderPlanText } from '#core/plan/render-plan.ts'
import { Profile } from '#core/profile.ts'

export function exampleManifest(template: string, changes: Partial<Manifest> = {}): Manifest {
  const artifact = (
    format: 'zfs' | 'tar',
    compression: 'none' | 'gzip' | 'zstd',
    size: number,
    digit: string,
  ) => ({
    format,
    compression,
    sha256: digit.repeat(64),
    sha1: digit.repeat(40),
    size,
    uncompressedSize: 10_000_000,
    ...(format === 'tar' && { layout: 'zonepath' as const }),
  })
  return {
    template,
    version: '1.0',
    brand: 'lx',
    osFamily: 'linux',
    artifacts: [
      artifact('zfs', 'none', 10_000_000, 'a'),
      artifact('tar', 'gzip', 4_000_000, 'b'),
      artifact('tar', 'zstd', 3_000_000, 'c'),
    ],
    madeBy: 'upload',
    createdBy: 'test',
    createdAt: '2026-11-20T00:00:00Z',
    ...changes,
  }
}

export const exampleProfile = {
  name: 'demo',
  sysid: { rootPassword: '$5$salt$verysecret' },
  zones: [
    {
      name: 'web01',
      template: 'web@stable',
      smoke: [{ name: 'answers', command: 'curl http://127.0.0.1/' }],
    },
    { name: 'mysql01', template: 'mysql@stable' },
    { name: 'web02', template: 'web@stable' },
  ],
}

export function exampleInput(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    host: Host.parse({ name: 'h1' }),
    profile: Profile.parse(exampleProfile),
    versions: new Map(
      ['web', 'mysql'].map((name) => [`${name}@stable`, { manifest: exampleManifest(name) }] as const),
    ),
    baseUrl: 'http://192.0.2.1:7070',
    now: new Date('2026-11-20T11:02:03Z'),
    ...changes,
  }
}

/** With a golden global zone before the zones. */
export function exampleSystemPlan(): Plan {
  const artifact = {
    ...exampleManifest('golden').artifacts[0],
    format: 'zfs',
    layout: 'zoneroot',
  } as Artifact
  const golden = exampleManifest('golden', {
    kind: 'system',
    brand: 'ipkg',
    osFamily: 'illumos',
    artifacts: [artifact],
  })
  const { versions } = exampleInput()
  return examplePlan({
    profile: Profile.parse({ ...exampleProfile, system: { template: 'golden@stable' } }),
    host: Host.parse({ name: 'h1', interfaces: [{ name: 'net0', address: '192.0.2.2/24' }] }),
    versions: new Map([...versions, ['golden@stable', { manifest: golden }]]),
  })
}

export function examplePlan(changes: Partial<PlanInput> = {}): Plan {
  return makePlan(exampleInput(changes))
}

/** As people read it. */
export const textOf = (plan: Plan): string => renderPlanText(maskPlan(plan))
