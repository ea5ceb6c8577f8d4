// Says on stderr which version a channel stands for, where people could take it for another.
import type { Manifest } from '#core/manifest.ts'
import type { Client } from './client.ts'
import { TemplateReply } from './replies.ts'

/** After a push: `stable` is what hosts get, and it moves only when it is told to. */
export async function hintAtStable(
  client: Client,
  { template, version }: Pick<Manifest, 'template' | 'version'>,
): Promise<void> {
  const { stable } = await channelsOf(client, template)
  if (stable === undefined || stable === version) return
  process.stderr.write(
    `stable still points to ${stable}; zoneflash template promote ${template}@${version} --to stable\n`,
  )
}

/** Before a listing of a bare `template`: nothing to say unless a newer version waits. */
export async function sayWhichVersion(client: Client, template: string): Promise<void> {
  const { stable, candidate } = await channelsOf(client, template)
  if (stable === undefined || candidate === undefined || candidate === stable) return
  process.stderr.write(`showing ${template}@${stable} (stable); candidate is ${candidate}\n`)
}

async function channelsOf(client: Client, template: string): Promise<Record<string, string | undefined>> {
  return (await client.call(TemplateReply, `/api/v1/templates/${template}`)).channels
}
