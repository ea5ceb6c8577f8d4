// `zoneflash template pull`: one form of a version as a file, whole and verified.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { artifactExtension, type Artifact } from '#core/manifest.ts'
import { chooseForm } from '../choose-form.ts'
import type { Client } from '../client.ts'
import { unreachable } from '../client.ts'
import { addCommand, openClient, show } from '../command.ts'
import { CliFailure, refused } from '../failures.ts'
import { printLine, renderBytes } from '../output.ts'
import { startProgress } from '../progress.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { VersionReply } from '../replies.ts'

interface PullOptions {
  json?: boolean
  form?: string
  output?: string
  force?: boolean
}

export function registerTemplatePull(noun: Command): void {
  addCommand(
    noun,
    'pull',
    'fetch one form of a version; run again, it goes on where it stopped',
    'zoneflash template pull web@stable --form tar.gz -o web.tar.gz',
  )
    .argument('<name[@version]>')
    .option('--form <form>', 'e.g. tar.gz, tar.zst, cpio.gz, zfs, or a sha256 (default: the first there is)')
    .option('-o, --output <file>', 'where to put it (default: NAME-VERSION.FORM)')
    .option('--force', 'replace a file that is there already')
    .action(async (text: string, options: PullOptions) => {
      const client = openClient()
      const { manifest } = await client.call(VersionReply, versionRoute(parseReference(text)))
      const { artifact, notice } = chooseForm(manifest, options.form)
      const file = options.output ?? `${manifest.template}-${manifest.version}.${artifactExtension(artifact)}`
      process.stderr.write(
        `pulling ${manifest.template}@${manifest.version} (${artifactExtension(artifact)})\n`,
      )
      if (notice !== undefined) process.stderr.write(`${notice}\n`)
      if (!options.force) await refuseExisting(file)
      await pull(client, artifact, file)
      const result = { file, size: artifact.size, sha256: artifact.sha256 }
      await show(options.json, result, () =>
        printLine(`${file}: ${renderBytes(artifact.size)}, sha256 ${artifact.sha256}`),
      )
    })
}

async function refuseExisting(file: string): Promise<void> {
  if (!(await stat(file).catch(() => undefined))) return
  throw refused('FileExists', `${file} is there already, expected a new name`, {
    advice: 'choose another with -o, or replace it with --force',
  })
}

/** @throws CliFailure with the reason instead of the system's error */
async function onDisk<T>(file: string, action: Promise<T>): Promise<T> {
  return action.catch((cause: unknown) => {
    throw refused('CannotWrite', `${file} cannot be written: ${(cause as Error).message}`, { cause })
  })
}

/** Fetches into `FILE.part`, from where an earlier run stopped, and names the file when the digest is right. */
async function pull(client: Client, { sha256, size }: Artifact, file: string): Promise<void> {
  const part = `${file}.part`
  const hash = createHash('sha256')
  const kept = await onDisk(part, hashWhatIsThere(part, size, hash))
  if (kept < size) await fetchRest(client, { sha256, size, part, kept, hash })
  const actual = hash.digest('hex')
  if (actual !== sha256) {
    await rm(part, { force: true })
    throw refused('DigestMismatch', `${file} came with sha256 ${actual}, expected ${sha256}`, {
      advice: 'what was fetched is removed: run the command again',
    })
  }
  await onDisk(file, rename(part, file))
}

async function hashWhatIsThere(part: string, size: number, hash: Hash): Promise<number> {
  const length = (await stat(part).catch(() => undefined))?.size ?? 0
  if (length === 0) return 0
  if (length > size) {
    await rm(part)
    return 0
  }
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer)
  return length
}

interface Rest {
  sha256: string
  size: number
  part: string
  kept: number
  hash: Hash
}

async function fetchRest(client: Client, { sha256, size, part, kept, hash }: Rest): Promise<void> {
  const reply = await client.open(`/blobs/sha256/${sha256}`, {
    headers: kept > 0 ? { range: `bytes=${kept}-` } : {},
  })
  if (kept > 0 && reply.status !== 206)
    throw refused('RangeIgnored', `the server sent ${part} from its beginning`, {
      advice: `remove ${part} and run again`,
    })
  const handle = await onDisk(part, open(part, 'a'))
  const progress = startProgress(`pulling ${sha256.slice(0, 12)}`, size)
  let done = kept
  try {
    for await (const chunk of reply.body ?? new ReadableStream<Uint8Array>()) {
      hash.update(chunk)
      await onDisk(part, handle.writeFile(chunk))
      progress.to((done += chunk.length))
    }
    await onDisk(part, handle.sync())
  } catch (cause) {
    throw cause instanceof CliFailure ? cause : unreachable(client.server, cause)
  } finally {
    progress.stop()
    await handle.close()
  }
}
