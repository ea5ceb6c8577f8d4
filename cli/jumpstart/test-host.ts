// `zoneflash rules test`: which rule a host gets, and why.
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { Host } from '#core/host.ts'
import { checkDirectory } from '#core/jumpstart/check-directory.ts'
import { jumpStartFactProblems } from '#core/jumpstart/fact-values.ts'
import { factsOf } from '#core/jumpstart/facts.ts'
import { outcomeFor } from '#core/jumpstart/outcome.ts'
import { renderJumpStartProblem } from '#core/jumpstart/problem.ts'
import { explainMatch, renderHostRules, type HostRules } from '#core/jumpstart/rules/explain.ts'
import { matchRules } from '#core/jumpstart/rules/match.ts'
import { openClient, show } from '../command.ts'
import { refused, usageFailure } from '../failures.ts'
import { cannotRead } from '../file-failures.ts'
import { print } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { yamlProblem } from '../yaml-problem.ts'
import { noteUnread, readLocalDirectory } from './local-directory.ts'
import { HostRulesReply } from './replies.ts'

interface Options {
  json?: boolean
  facts?: string
  rules?: string
  dir?: string
}

/** @throws CliFailure NotInstalled when no rule that the host may get installs it; arming is refused then, too */
export async function testHost(host: string, options: Options): Promise<void> {
  if (options.facts !== undefined && options.rules === undefined)
    throw usageFailure('--facts goes with --rules FILE: both are read here, without the server')
  const result = options.rules === undefined ? await askServer(host) : await testHere(host, options)
  await show(options.json, result, (value) => print(renderHostRules(value)))
  if (result.fault === undefined) return
  throw refused('NotInstalled', `${host} would not be installed: ${result.fault}`, {
    advice: 'the reasons stand above; `zoneflash host set HOST --fact NAME=VALUE` says more of a host',
  })
}

async function askServer(host: string): Promise<HostRules> {
  const reply = await openClient().call(HostRulesReply, `${hostRoute(host)}/rules`)
  process.stderr.write(
    reply.revision === 0
      ? 'nothing is stored: the rules of the server itself apply\n'
      : `rules of revision ${reply.revision}\n`,
  )
  return reply
}

/** Tests with rules of this machine; the host is the server's, or a file's. */
async function testHere(host: string, { facts: factsFile, rules: file, dir }: Options): Promise<HostRules> {
  const directory = await readLocalDirectory(file, dir)
  const { name, rules, files } = directory
  const checked = checkDirectory(rules, files, name)
  for (const problem of checked.problems) process.stderr.write(`${renderJumpStartProblem(problem)}\n`)
  noteUnread(directory)
  if (checked.hasUnreadableLines)
    throw refused('RulesInvalid', `${name} cannot be read`, { advice: 'the lines are named above' })
  const record =
    factsFile === undefined ? await openClient().call(Host, hostRoute(host)) : await readHost(factsFile, host)
  const facts = factsOf(record)
  return explainMatch(facts.hostname, matchRules(checked.rules, facts), outcomeFor(checked, facts))
}

/** A host's record as YAML or JSON, such as `host show --json` prints. */
async function readHost(file: string, name: string): Promise<Host> {
  const text = await readFile(file, 'utf8').catch(cannotRead(file))
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    throw refused('InvalidHost', `${file} is neither YAML nor JSON: ${yamlProblem(cause)}`, { cause })
  }
  const fields = z.record(z.string(), z.unknown()).safeParse(value ?? {})
  const host = Host.safeParse({ ...fields.data, name })
  const problem = !fields.success
    ? 'expected fields such as arch, addresses, networks and facts'
    : host.success
      ? jumpStartFactProblems(host.data.facts)[0]?.message
      : z.prettifyError(host.error)
  if (host.success && problem === undefined) return host.data
  throw refused('InvalidHost', `${file}: ${problem}`)
}
