#!/usr/bin/env node
// Starts the command line on Node 24 or newer: with this Node if it is new enough, else with the one that npm installed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
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
