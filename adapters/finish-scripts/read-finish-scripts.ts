// The text of finish-scripts/, as core/install-script.ts and core/jumpstart/documents/ want it.
import { readFile } from 'node:fs/promises'
import { libraryFiles, type ScriptParts } from '#core/install-script.ts'
import { finishFiles, type FinishParts } from '#core/jumpstart/documents/finish.ts'

const folder = new URL('../../finish-scripts/', import.meta.url)

const read = (name: string): Promise<string> => readFile(new URL(name, folder), 'utf8')

const readTogether = async (names: readonly string[]): Promise<string> =>
  (await Promise.all(names.map(read))).join('\n')

/** Read anew for each script: the files are small, and an edit takes effect without a restart. */
export async function readFinishScripts(): Promise<ScriptParts> {
  return { library: await readTogether(libraryFiles), main: await read('main.sh') }
}

/** What JumpStart's scripts are made of, likewise. */
export async function readJumpStartScripts(): Promise<FinishParts & { begin: string }> {
  return {
    ...(await readFinishScripts()),
    stage: await readTogether(finishFiles),
    finishMain: await read('finish-main.sh'),
    method: await read('first-boot.sh'),
    manifest: await read('first-boot.xml'),
    begin: await read('begin.sh'),
  }
}
