// What the steps of a build stand on.
import type { Readable } from 'node:stream'
import type { PackageNeeds } from '../../package-zone.ts'
import type { PublishNeeds } from '../../channels/publish-candidate.ts'
import type { ReadFiles } from '../../ports/archives.ts'
import type { LoadedRecipe, MediaShelf } from '../../ports/recipes.ts'
import type { Artifact } from '#core/manifest.ts'
import type { Medium } from '#core/recipe/schema.ts'

export type MadeMedium = Medium & { make: string }

interface MakeOptions {
  signal: AbortSignal
  timeoutMs: number
  /** told what the script says */
  onOutput: (text: string) => void
}

/** Runs the recipe's own scripts that make media, on this machine. */
export interface MediaMaker {
  /** What `make list` prints. @throws MediumNotMade */
  list(recipe: LoadedRecipe, medium: MadeMedium, options: MakeOptions): Promise<string>
  /** The file; taken from the cache when script and list are the same. The caller must read or destroy it. @throws MediumNotMade */
  make(recipe: LoadedRecipe, medium: MadeMedium, options: MakeOptions): Promise<Readable>
}

export interface StepNeeds extends PackageNeeds, PublishNeeds {
  media: MediaShelf
  mediaMaker: MediaMaker
  readFiles: ReadFiles
  /** undoes an artifact's compression */
  decompress: (
    source: AsyncIterable<Uint8Array>,
    compression: Artifact['compression'],
  ) => AsyncIterable<Uint8Array>
  /** the scripts that a build uses on its host, as one text */
  readBuildLibrary: () => Promise<string>
  /** of a minute in a recipe's limits; shorter in tests */
  minuteMs?: number
}
