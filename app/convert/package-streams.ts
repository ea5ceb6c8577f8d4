// The ZFS streams of a zone that was packaged where no ZFS is: written from its archive.
import { defaultZpl } from '#core/conversion/target.ts'
import type { Entry } from '#core/entry.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Artifact, Manifest } from '#core/manifest.ts'
import { openIndexed } from './choose-source.ts'
import { makeForms, type MadeForm, type MakingNeeds } from './make-forms.ts'
import { originChain } from './version-chain.ts'

interface Wanted {
  /** of the version that is being packaged */
  manifest: Manifest
  archives: { artifacts: readonly Artifact[]; entries: AsyncIterable<Entry> }
  detachedXml: string
  signal: AbortSignal
  /** told the bytes written so far */
  onProgress: (bytes: number) => void
  /** told why there is no stream: archives are enough for a version */
  onRefused: (why: string) => void
}

/** A full stream, and the increment from the origin where that has a stream. @throws NoSpace, and what may be better later */
export async function packageStreams(
  { manifest, archives, detachedXml, signal, onProgress, onRefused }: Wanted,
  needs: MakingNeeds,
): Promise<MadeForm[]> {
  const [first, ...others] = archives.artifacts
  if (!first) return []
  const archive = others.find(({ compression }) => compression === 'zstd') ?? first
  const entries = () => archives.entries
  try {
    const chain = await originChain(manifest, { to: 'zfs' }, needs.catalog)
    const origin = chain && (await openIndexed(chain, false, needs, signal))
    return await makeForms(
      {
        source: { artifacts: [archive], layout: 'zoneroot', isSameForm: false, entries },
        to: { format: 'zfs', compression: 'none' },
        zpl: defaultZpl,
        isZplFree: true,
        snapshot: {
          name: `zoneflash-${manifest.version}`,
          created: Math.floor(Date.parse(manifest.createdAt) / 1000),
        },
        detachedXml,
        ...(origin && { origin }),
        signal,
        onProgress,
      },
      needs,
    )
  } catch (error) {
    if (signal.aborted || !(error instanceof ProvisionError)) throw error
    if (error.kind === 'unavailable' || error.kind === 'no-space') throw error
    onRefused(error.message)
    return []
  }
}
