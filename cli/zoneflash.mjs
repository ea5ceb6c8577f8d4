#!/usr/bin/env node
// Starts the command line on Node 24 or newer: with this Node if it is new enough, else with the one that npm installed.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import nodeModule from 'node:module'
import { constants, homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24

// Reading TypeScript takes longer than most commands do. What was read is kept where only this user writes, unlike Node's own choice in /tmp.
const compiled = process.env.NODE_COMPILE_CACHE ?? compiledDirectory()
if (compiled !== undefined) process.env.NODE_COMPILE_CACHE = compiled

/** Below the user's cache directory; undefined for users without a home. */
function compiledDirectory() {
  try {
    const cache = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache')
    if (!path.isAbsolute(cache)) return undefined
    if (!existsSync(cache)) mkdirSync(cache, { mode: 0o700 })
    return path.join(cache, 'zoneflash/compiled')
  } catch {
    return undefined
  }
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  if (compiled !== undefined) nodeModule.enableCompileCache(compiled)
  await import('./main.ts')
} else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(node)) {
    process.stderr.write(
      `zoneflash: node is ${process.version}, ${NEEDED} or newer was expected (NodeTooOld)\n` +
        '  run `npm install --no-save` in the project: it brings a Node of its own\n',
    )
    process.exit(2)
  }
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']
  for (const signal of forwarded) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`zoneflash: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal])
  })
}
