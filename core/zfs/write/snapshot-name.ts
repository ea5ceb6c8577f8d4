// The name of a snapshot as pools take it: of a full stream that is written here, `zoneflash@NAME`.

/** The name of the file system in a full stream. Receivers give it their own. */
export const DATASET = 'zoneflash'

/** A dataset's name has 255 bytes, its snapshot's included. */
const MAX_DATASET_NAME = 255
export const MAX_SNAPSHOT_NAME = MAX_DATASET_NAME - DATASET.length - 1

/** Receivers refuse other characters, most of them when all of the stream has passed. */
export function isSnapshotName(name: string): boolean {
  return name.length <= MAX_SNAPSHOT_NAME && /^(?!\.{1,2}$)[A-Za-z0-9_.:-]+$/.test(name)
}
