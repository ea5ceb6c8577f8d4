// Which server this person's commands go to when the environment does not say: what `zoneflash use` has written down.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { usageFailure } from './failures.ts'
import type { Environment } from './settings.ts'

const RememberedServer = z.strictObject({
  server: z.url({ protocol: /^https?$/ }),
  /** a file with the token; the token itself stays where it is */
  tokenFile: z.string().min(1).optional(),
})
export type RememberedServer = z.infer<typeof RememberedServer>

/** `$XDG_CONFIG_HOME/zoneflash/server.json` */
export function rememberedFile(env: Environment): string {
  const config = env['XDG_CONFIG_HOME'] || path.join(env['HOME'] || homedir(), '.config')
  return path.join(config, 'zoneflash', 'server.json')
}

/** @throws CliFailure when the file holds something else */
export function readRemembered(env: Environment): RememberedServer | undefined {
  const file = rememberedFile(env)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined // nobody said `zoneflash use`
  }
  const parsed = RememberedServer.safeParse(asJson(text))
  if (parsed.success) return parsed.data
  throw usageFailure(
    `${file} does not name a server, expected what \`zoneflash use URL\` writes; \`zoneflash use --forget\` removes it`,
  )
}

/** Whole or not at all. */
export function remember(env: Environment, server: RememberedServer): void {
  const file = rememberedFile(env)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${JSON.stringify(RememberedServer.parse(server))}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export function forget(env: Environment): void {
  rmSync(rememberedFile(env), { force: true })
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
