// ISO images by xorriso.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { ProvisionError } from '#core/errors.ts'
import type { MakeImage } from '#app/ports/netboot.ts'

const run = promisify(execFile)
const TIMEOUT = 30_000

/** Anybody who knows the address of an armed host may ask for images: one is made at a time, and no more than these wait. */
const MOST_WAITING = 16
let unfinished = 0
let last: Promise<unknown> = Promise.resolve()

/** @throws TooManyImages, ProgramMissing */
export const makeImage: MakeImage = async (files, time) => {
  if (unfinished > MOST_WAITING) {
    throw new ProvisionError(
      'unavailable',
      'TooManyImages',
      `${MOST_WAITING} images wait to be made, expected fewer: try again`,
    )
  }
  unfinished += 1
  const image = last.then(() => make(files, time))
  last = image.catch(() => undefined)
  return image.finally(() => (unfinished -= 1))
}

/** The files are some kilobytes: a directory of their own holds them and the image while it is made. */
const make: MakeImage = async (files, time) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'zoneflash-bootfs-'))
  try {
    const tree = path.join(directory, 'tree')
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(tree, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, text, { mode: 0o644 })
    }
    const image = path.join(directory, 'image')
    // -r: all is of root, and everybody may read it; every time in the image is this one
    const epoch = String(Math.floor(time.getTime() / 1000))
    await run('xorriso', ['-as', 'mkisofs', '-quiet', '-r', '-V', 'bootfs', '-o', image, tree], {
      timeout: TIMEOUT,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', SOURCE_DATE_EPOCH: epoch },
    })
    return await readFile(image)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new ProvisionError('unavailable', 'ProgramMissing', 'xorriso is not installed on the server', {
      cause,
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
