// The steps that turn the detached golden zone into a version, and search its bytes.
import type { Manifest } from '#core/manifest.ts'
import { ProvisionError } from '#core/errors.ts'
import { firstOf } from '#core/first-of.ts'
import { versionExists, wrongState } from '#core/store-errors.ts'
import { checkHygiene } from '../../check-hygiene.ts'
import { makeArtifacts } from '../../package-zone.ts'
import type { VersionRecord } from '../../ports/catalog.ts'
import type { Step, StepContext } from '../step.ts'
import type { StepNeeds } from './needs.ts'

export function packageStep(needs: StepNeeds): Step {
  return async (context) => {
    const { build, host, shell, recipe, signal, say } = context
    const { template, version, zone } = build
    const record = await ensureBuilding(context, needs)
    // an attempt before may have come to its end without being counted
    if (record.state === 'testing') return
    const job = { template, version, host: host.name, zone }
    const report = whenDoubled((step, bytes) => say(`${step}: ${bytes} bytes`))
    say(`package ${zone} as ${recipe.recipe.formats.join(', ')}`)
    const formats = { formats: recipe.recipe.formats, becomes: 'testing' } as const
    await makeArtifacts(job, record, formats, signal, report, { ...needs, openShell: () => shell })
    const { manifest } = await needs.catalog.getVersion(template, version)
    for (const { format, compression, size, sha256 } of manifest.artifacts)
      say(`${format} ${compression} ${size} bytes sha256 ${sha256}`)
  }
}

/** @throws VersionExists when the name is somebody else's */
async function ensureBuilding(
  { build, host, recipe }: StepContext,
  { catalog, clock }: StepNeeds,
): Promise<VersionRecord> {
  const { template, version, zone } = build
  const there = await catalog.findVersion(template, version)
  if (there && isOurs(there, build.id)) return there
  if (there) throw versionExists(template, version, there.state)
  const { origin } = build.inputs
  const manifest: Manifest = {
    template,
    version,
    brand: recipe.recipe.brand,
    osFamily: recipe.recipe.osFamily,
    ...(origin && { origin: { template: origin.template, version: origin.version } }),
    artifacts: [],
    madeBy: 'build',
    madeFrom: { host: host.name, zone },
    createdBy: build.id,
    createdAt: clock.now().toISOString(),
    notes: recipe.recipe.summary,
  }
  await catalog.ensureTemplate(template)
  await catalog.putVersion({ state: 'building', manifest }, new Map())
  return { state: 'building', manifest }
}

/** Whether this very build records the version, and has not published it. */
export function isOurs({ state, manifest }: VersionRecord, build: string): boolean {
  return manifest.createdBy === build && (state === 'building' || state === 'testing')
}

/** @throws HygieneFailed, with each finding in the log */
export function hygieneStep(needs: StepNeeds): Step {
  return async ({ build, recipe, signal, say }) => {
    const { template, version, zone } = build
    const { manifest, state } = await needs.catalog.getVersion(template, version)
    if (state !== 'testing') throw wrongState(template, version, state, 'testing')
    const origin =
      manifest.origin && (await needs.catalog.getVersion(manifest.origin.template, manifest.origin.version))
    const { findings, notices } = await checkHygiene(
      { manifest, origin: origin?.manifest, exceptions: recipe.recipe.hygiene, ownNames: [zone], signal },
      needs,
    )
    for (const notice of notices) say(notice)
    for (const { path, rule, message } of findings) say(`${rule} ${path}: ${message}`)
    if (findings.length === 0) return
    const named = findings.map(({ path, rule }) => `${path} (${rule})`)
    throw new ProvisionError(
      'conflict',
      'HygieneFailed',
      `the packaged bytes hold what must not travel: ${firstOf(named, 3, ', ')}`,
      {
        details: {
          output: findings
            .map(({ path, rule, message }) => `${rule} ${path}: ${message}`)
            .join('\n')
            .slice(0, 4000),
        },
      },
    )
  }
}

/** Says it each time the bytes have doubled. */
function whenDoubled(say: (step: string, bytes: number) => void): (step: string, bytes: number) => void {
  const next: Record<string, number> = {}
  return (step, bytes) => {
    if (bytes < (next[step] ?? 64 * 1024 * 1024)) return
    next[step] = bytes * 2
    say(step, bytes)
  }
}
