// Where data directories of tests lie: in memory where there is room, since none of them outlives the run.
import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const MEMORY = '/dev/shm'
/** the largest run needs less than half of it */
const ROOM = 6 * 1024 ** 3

/** A directory for databases and blobs of a run. */
export function quickDirectory(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM ? MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}
