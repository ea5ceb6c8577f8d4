// What every command has: --json, a help text with an example, and a client made when it is needed.
import { type Command } from 'commander'
import { Client } from './client.ts'
import { printJson } from './output.ts'
import { readClientSettings } from './settings.ts'

/** Adds the command `spec` ("show NAME" style) with `--json` and an example under its help. */
export function addCommand(parent: Command, spec: string, summary: string, ...examples: string[]): Command {
  return parent
    .command(spec)
    .summary(summary)
    .description(summary)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n${examples.map((line) => `  $ ${line}\n`).join('')}`)
}

/** Adds a noun: a group of commands. Without a verb it shows its help and counts as a usage error. */
export function addNoun(program: Command, name: string, summary: string): Command {
  return program.command(name).summary(summary).description(summary)
}

export const openClient = (): Client => new Client(readClientSettings(process.env))

/** Prints the value itself with --json, else the lines made for people. */
export async function show<T>(
  json: boolean | undefined,
  value: T,
  forPeople: (value: T) => Promise<void>,
): Promise<void> {
  await (json ? printJson(value) : forPeople(value))
}
