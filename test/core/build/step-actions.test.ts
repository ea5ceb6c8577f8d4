import { describe, expect, test } from 'vitest'
import { discardActions, stopActions } from '#core/build/commands/stop.ts'
import { describeBuild } from '#core/build/commands/step-actions.ts'
import { makeBuildPlan, type BuildPlan } from '#core/build/plan.ts'
import { buildSteps } from '#core/build/steps.ts'
import { RecipeFields } from '#core/recipe/schema.ts'

type Fields = Partial<Record<keyof RecipeFields, unknown>>

const hash = '$5$salt$secrethash'

function planOf(fields: Fields, changes: Partial<BuildPlan> = {}): BuildPlan {
  const recipe = {
    ...RecipeFields.parse({ summary: 'x', brand: 'native', osFamily: 'solaris10', ...fields }),
    name: 'web',
  }
  const build = {
    template: 'web',
    version: '1',
    zone: 'web-01234567',
    inputs: { recipe: 'f'.repeat(64), media: [] },
  }
  const contents = new TextEncoder().encode('x')
  const files = ['customize.sh', 'files/etc/my file', 'files/top'].map((path) => ({
    path,
    mode: 0o755,
    contents,
  }))
  const host = { release: 's10u8', builds: { atOnce: 1, zonesRoot: '/zones' } } as const
  return { ...makeBuildPlan(build, { recipe, files }, host), ...changes }
}

const linesOf = (plan: BuildPlan) =>
  Object.fromEntries(describeBuild(plan).map(({ step, lines }) => [step, lines.join('\n')]))

describe('a dry run', () => {
  test('has every step, each with the commands that are run', () => {
    const steps = describeBuild(planOf({ source: { install: ['-u'] } }))
    expect(steps.map(({ step }) => step)).toEqual(buildSteps)
    for (const { step, lines } of steps) expect(lines, step).not.toEqual([])
  })

  test('installs from a medium at its place on the host', () => {
    const lines = linesOf(
      planOf({
        media: [{ name: 'root.flar', what: 'a zoneroot' }],
        source: { medium: 'root.flar', install: ['-a', '{medium}', '-u'] },
        zonecfg: 'add net\nset physical=bge0\nend\n',
      }),
    )
    const directory = '/var/zoneflash/build/web-01234567'
    expect(lines['media']).toContain(`put ${directory} medium-root.flar <  # medium root.flar`)
    expect(lines['create']).toBe(
      `/bin/sh ${directory}/build.sh configure web-01234567 <<'END'\ncreate\nset zonepath=/zones/web-01234567\nset autoboot=false\nadd net\nset physical=bge0\nend\ncommit\nEND`,
    )
    expect(lines['install']).toBe(
      `/usr/sbin/zoneadm -z web-01234567 install -a ${directory}/medium-root.flar -u`,
    )
    expect(lines['detach']).toBe('/usr/sbin/zoneadm -z web-01234567 detach')
  })

  test('clones the snapshot of the origin', () => {
    const origin = {
      zone: { name: 'base-1', path: '/zones/base-1' },
      snapshot: 'tank/zones/base-1@zoneflash-1',
    }
    const lines = linesOf(planOf({ origin: 'base@stable' }, { origin }))
    expect(lines['create']).toContain('create -t base-1\n')
    expect(lines['install']).toContain(
      '/usr/sbin/zoneadm -z web-01234567 clone -s tank/zones/base-1@zoneflash-1 base-1\n',
    )
  })

  test('shows no secret and hands none to a command as an argument', () => {
    const lines = linesOf(planOf({ sysidcfg: { rootPassword: hash } }))
    expect(lines['boot']).toMatch(/sysidcfg web-01234567 .* lines that are not shown/)
    expect(JSON.stringify(lines)).not.toContain('secrethash')
  })

  test('quotes what a shell would read otherwise', () => {
    const lines = linesOf(
      planOf({ files: 'files', customize: 'customize.sh', media: [{ name: 'a.tar', what: 'x' }] }),
    )
    expect(lines['customize']).toContain('mkdir -p')
    expect(lines['customize']).toContain(String.raw`'\''etc/'\''`)
    expect(lines['customize']).toContain("ZONEFLASH_BRAND='\\''native'\\''")
    expect(lines['customize']).toMatch(
      /hand web-01234567 \/var\/zoneflash-build\/media\/a.tar .*medium-a.tar/,
    )
  })

  test('other brands than native begin from nothing, and ask nothing at their first boot', () => {
    const lines = linesOf(planOf({ brand: 'lx', osFamily: 'linux' }))
    expect(lines['create']).toContain('create -b\nset brand=lx\n')
    expect(lines['boot']).toBe('/usr/sbin/zoneadm -z web-01234567 boot')
  })
})

test('what an old build is discarded with spares an import that may be another’s by now', () => {
  const plan = planOf({ origin: 'base@stable' }, { imported: { name: 'base-o1', path: '/zones/base-o1' } })
  expect(JSON.stringify(stopActions(plan))).toContain('"drop_half","base-o1"')
  expect(JSON.stringify(discardActions(plan))).not.toContain('base-o1')
})
