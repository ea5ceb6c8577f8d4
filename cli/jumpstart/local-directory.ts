// A JumpStart directory on this machine: the rules, and of the files beside them those that are named.
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { namedFiles } from '#core/jumpstart/check-directory.ts'
import { MAX_FILE, type JumpStartFile, type JumpStartFiles } from '#core/jumpstart/directory.ts'
import { CUSTOM_PROBES } from '#core/jumpstart/paths.ts'
import { customProbesOf } from '#core/jumpstart/rules/custom-probes.ts'
import { parseRules } from '#core/jumpstart/rules/parse.ts'
import { decodeText, READ_AS_LATIN1 } from '#core/jumpstart/text-lines.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'

export interface LocalDirectory {
  /** as messages name it */
  name: string
  rules: Uint8Array
  /** undefined: no directory is known */
  files: JumpStartFiles | undefined
}

/** Rules of `file`, or of stdin for none or `-`. The directory is the file's own unless `dir` says otherwise. */
export async function readLocalDirectory(
  file: string | undefined,
  dir: string | undefined,
): Promise<LocalDirectory> {
  const isStdin = file === undefined || file === '-'
  if (isStdin && process.stdin.isTTY)
    throw usageFailure('there is neither a file nor anything on stdin, expected rules')
  const rules = isStdin ? await buffer(process.stdin) : await readBytes(file)
  const directory = dir ?? (isStdin ? undefined : path.dirname(file))
  return {
    name: isStdin ? 'rules' : file,
    rules,
    files: directory === undefined ? undefined : await readNamed(directory, rules),
  }
}

/** Says on stderr that files are not known to be there, where the rules name any. */
export function noteUnread({ rules, files }: LocalDirectory): void {
  if (files !== undefined) return
  const named = parseRules(rules).rules.some((line) => line.kind !== 'probe' && namedFiles(line).length > 0)
  if (named)
    process.stderr.write(
      'note: files that the rules name were not looked for: --dir DIRECTORY says where they are\n',
    )
}

async function readNamed(directory: string, rules: Uint8Array): Promise<JumpStartFiles> {
  const probes = await readLocalFile(path.join(directory, CUSTOM_PROBES))
  const files: Record<string, JumpStartFile> = probes ? { [CUSTOM_PROBES]: probes } : {}
  const parsed = parseRules(rules, { customProbes: customProbesOf(probes?.text) })
  for (const line of parsed.rules) {
    if (line.kind === 'probe') continue
    for (const [, name] of namedFiles(line)) {
      if (Object.hasOwn(files, name)) continue
      const found = await readLocalFile(path.join(directory, name))
      if (found) files[name] = found
    }
  }
  return files
}

/** undefined when there is none. @throws CliFailure when it is no text, or too big */
export async function readLocalFile(file: string): Promise<JumpStartFile | undefined> {
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) return undefined
  if (found.size > MAX_FILE)
    throw refused('FileTooBig', `${file} has ${found.size} bytes, expected at most ${MAX_FILE}`)
  const { text, isLatin1 } = decodeText(await readBytes(file))
  if (text.includes('\0'))
    throw refused('FileNoText', `${file} is no text, expected a profile or a shell script`)
  if (isLatin1) process.stderr.write(`${file}: warning: ${READ_AS_LATIN1}\n`)
  return { text, mode: (found.mode & 0o111) === 0 ? 0o644 : 0o755 }
}

async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch(cannotRead(file))
}
