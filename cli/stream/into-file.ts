// A file that is there whole or not at all.
import { open, rename, rm, stat } from 'node:fs/promises'
import { refused } from '../failures.ts'
import { cannotWrite } from '../file-failures.ts'

/** The file appears when it is whole. */
export async function intoFile(
  file: string,
  force: boolean,
  fill: (write: (chunk: Uint8Array) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  if (!force && (await stat(file).catch(() => undefined))) {
    throw refused('FileExists', `${file} is there already, expected a new name`, {
      advice: 'choose another with -o, or replace it with --force',
    })
  }
  const part = `${file}.part`
  const handle = await open(part, 'w').catch(cannotWrite(part))
  try {
    await fill((chunk) => handle.writeFile(chunk).catch(cannotWrite(file)))
    await handle.sync().catch(cannotWrite(file))
    await handle.close().catch(cannotWrite(file))
    await rename(part, file).catch(cannotWrite(file))
  } catch (error) {
    await handle.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
}
