// The bytes that a build sends to its host.
import type { SentBytes } from '#core/build/action.ts'
import { overlayFiles } from '#core/build/commands/zone-scripts.ts'
import type { BuildPlan } from '#core/build/plan.ts'
import type { Sha256 } from '#core/digest.ts'
import type { StepContext } from '../step.ts'
import type { OpenBytes } from './do-actions.ts'
import { openMedium } from './media.ts'
import type { StepNeeds } from './needs.ts'
import { tarOf } from './tar-of.ts'

export function openBytes(context: StepContext, plan: BuildPlan, needs: StepNeeds): OpenBytes {
  return async (input: SentBytes) => {
    switch (input.of) {
      case 'library':
        return needs.readBuildLibrary()
      case 'medium':
        return openMedium(context, input.name, needs)
      case 'recipe':
        return tarOf(plan.files, { directories: true })
      case 'files':
        return tarOf(overlayFiles(plan))
      case 'origin':
        return openTree(plan.origin?.import?.sha256, context, needs)
      case 'packaged':
        return openTree(plan.packaged?.sha256, context, needs)
    }
  }
}

/** An artifact's bytes as they were before they were compressed: a host may lack the program. */
async function openTree(
  sha256: Sha256 | undefined,
  { signal }: StepContext,
  { blobs, catalog, decompress }: StepNeeds,
): Promise<AsyncIterable<Uint8Array>> {
  if (sha256 === undefined) throw new Error('there is no artifact to send')
  const [record] = await catalog.findVersionsByBlob(sha256)
  const artifact = record?.manifest.artifacts.find((one) => one.sha256 === sha256)
  if (!artifact) throw new Error(`no version has the blob ${sha256}`)
  const source = await blobs.open(sha256)
  signal.addEventListener('abort', () => source.destroy(), { once: true })
  return decompress(source as AsyncIterable<Uint8Array>, artifact.compression)
}
