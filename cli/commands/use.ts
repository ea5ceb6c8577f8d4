// `zoneflash use`: which server the commands go to from now on.
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { addCommand, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { printLine } from '../output.ts'
import { forget, remember, rememberedFile } from '../remembered-server.ts'
import { parseServer, readClientSettings } from '../settings.ts'

interface Options {
  json?: boolean
  tokenFile?: string
  forget?: boolean
}

export function registerUse(program: Command): void {
  addCommand(
    program,
    'use',
    'say, or show, which server the commands go to',
    'zoneflash use http://192.0.2.1:7070 --token-file ~/zoneflash.token',
    'zoneflash use --forget',
  )
    .argument('[url]')
    .option('--token-file <file>', 'a file that holds the token; the token is not copied')
    .option('--forget', 'back to the server on this machine')
    .action(async (url: string | undefined, options: Options) => {
      if (options.forget) forget(process.env)
      else if (url !== undefined) write(url, options.tokenFile)
      else if (options.tokenFile !== undefined) throw usageFailure('expected a URL beside --token-file')
      const { server, token } = readClientSettings(process.env)
      await show(options.json, { server, hasToken: token !== undefined }, () =>
        printLine(`commands go to ${server}${token === undefined ? ', without a token' : ''}`),
      )
    })
}

function write(url: string, tokenFile: string | undefined): void {
  const file = tokenFile === undefined ? undefined : path.resolve(tokenFile)
  if (file !== undefined) mustRead(file)
  remember(process.env, { server: parseServer('URL', url), ...(file !== undefined && { tokenFile: file }) })
  if (process.env['ZONEFLASH_SERVER'])
    process.stderr.write(
      `zoneflash: ZONEFLASH_SERVER is set and comes before ${rememberedFile(process.env)}\n`,
    )
}

function mustRead(file: string): void {
  try {
    accessSync(file, constants.R_OK)
  } catch {
    throw usageFailure(`--token-file is ${file}, expected a file that can be read`)
  }
}
