// A build and what it made necessary, as they go on.
import { z } from 'zod'
import { buildLines, failureLines, renderSeconds, stateOf } from './build-lines.ts'
import type { Client } from './client.ts'
import { refused } from './failures.ts'
import { followStream } from './follow.ts'
import { print, printJson, printLine, renderName } from './output.ts'
import { BuildLogReply, BuildReply } from './replies/build.ts'

export const buildRoute = (id: string): string => `/api/v1/builds/${encodeURIComponent(id)}`

/** Prints what comes of the log until the build is over. */
export async function followLog(client: Client, id: string, json: boolean | undefined): Promise<void> {
  for await (const data of followStream(client, `${buildRoute(id)}/log`)) {
    const piece = BuildLogReply.parse(JSON.parse(data))
    await (json ? printLine(JSON.stringify({ build: id, ...piece })) : print(cleanText(piece.text)))
  }
}

/** The terminal is not steered by what a script says. */
export function cleanText(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(renderName).join('\t'))
    .join('\n')
}

/** Follows the build, then the builds that it made necessary, and theirs. @throws BuildFailed when one of them failed */
export async function followBuild(
  client: Client,
  first: BuildReply,
  json: boolean | undefined,
): Promise<void> {
  const failed: BuildReply[] = []
  const queue = [first]
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (!json) await printLine(headOf(next))
    await followLog(client, next.id, json)
    const build = await client.call(BuildReply, buildRoute(next.id))
    await (json ? printJson(build) : printLine(endOf(build)))
    if (build.state === 'failed' || build.state === 'cancelled') failed.push(build)
    queue.push(...(await childrenOf(client, build)))
  }
  const [worst] = failed
  if (!worst) return
  if (!json)
    for (const build of failed) for (const line of failureLines(build)) process.stderr.write(`${line}\n`)
  throw refused('BuildFailed', `${failed.map(({ template, state }) => `${template} ${state}`).join(', ')}`, {
    advice: `\`zoneflash build show ${worst.id}\` and \`zoneflash build logs ${worst.id}\` tell more`,
  })
}

async function childrenOf(client: Client, { id }: BuildReply): Promise<BuildReply[]> {
  const children = await client.call(z.array(BuildReply), '/api/v1/builds', { query: { parent: id } })
  return children.toReversed()
}

function headOf(build: BuildReply): string {
  return `## ${build.template}@${build.version} on ${build.host}, build ${build.id}: ${stateOf(build)} (${build.reason})`
}

function endOf(build: BuildReply): string {
  const { template, version, state, startedAt, finishedAt, reason } = build
  if (state === 'skipped') return `## ${template}: ${reason}`
  if (startedAt === undefined || finishedAt === undefined) return buildLines(build).join('\n')
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
  return `## ${template}@${version} ${state} after ${renderSeconds(seconds)}`
}
