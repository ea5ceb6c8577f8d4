// The text of finish-scripts/, as core/install-script.ts wants it.
import { readFile } from 'node:fs/promises'
import { libraryFiles, type ScriptParts } from '#core/install-script.ts'

const folder = new URL('../../finish-scripts/', import.meta.url)

/** Read anew for each script: the files are small, and an edit takes effect without a restart. */
export async function readFinishScripts(): Promise<ScriptParts> {
  const read = (name: string) => readFile(new URL(name, folder), 'utf8')
  const library = await Promise.all(libraryFiles.map(read))
  return { library: library.join('\n'), main: await read('main.sh') }
}
