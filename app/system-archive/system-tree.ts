// What of a host becomes the archive of its system.
import type { ArtifactName } from '#core/recipe/artifact-name.ts'
import type { HostShell } from '../ports/hosts.ts'

export interface SystemTree {
  shell: HostShell
  /** absolute mount points, `/` first; what else is mounted is not read */
  fileSystems: readonly string[]
  /** absolute directories that stay, empty */
  emptied: readonly string[]
  /** which archives; default: all */
  formats?: readonly ArtifactName[]
  signal: AbortSignal
  /** told the bytes read so far */
  onProgress: (bytes: number) => void
}
