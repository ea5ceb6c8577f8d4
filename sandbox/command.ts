// Runs other programs: synchronously, since the sandbox's commands do one thing after the other.
import { spawnSync } from 'node:child_process'

export interface CommandResult {
  status: number
  stdout: string
  stderr: string
}

export interface CommandOptions {
  input?: string
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Runs `argv` without a shell and returns what came out, whatever its exit status; 127 when there is no such program. */
export function tryCommand(
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): CommandResult {
  const [file, ...args] = argv
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
    ...options,
  })
  if (error) return { status: 127, stdout: stdout ?? '', stderr: `${file}: ${error.message}\n` }
  return { status: status ?? 128, stdout, stderr }
}

/** A program that had to succeed and did not. */
export class CommandFailed extends Error {
  readonly argv: readonly string[]
  readonly stderr: string

  constructor(argv: readonly string[], result: CommandResult) {
    super(`${argv.join(' ')}: exit ${result.status}: ${(result.stderr || result.stdout).trim()}`)
    this.argv = argv
    this.stderr = result.stderr
  }
}

/** Runs `argv` and returns its standard output. @throws CommandFailed unless it exits 0 */
export function runCommand(argv: readonly [string, ...string[]], options: CommandOptions = {}): string {
  const result = tryCommand(argv, options)
  if (result.status !== 0) throw new CommandFailed(argv, result)
  return result.stdout
}
