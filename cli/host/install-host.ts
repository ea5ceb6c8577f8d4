// `zoneflash host plan`, `host render` and `host arm`: what will happen on a host, and leave for it.
import { openClient, show } from '../command.ts'
import { inWordsOfOptions } from '../option-words.ts'
import { print, printJson, printLine } from '../output.ts'
import { hostRoute } from '../reference.ts'
import { ArmReply, PlanReply } from '../replies.ts'
import { OPTION_OF } from './host-options.ts'

interface Options {
  json?: boolean
}

export async function armHost(name: string, options: Options & { for: string }): Promise<void> {
  const body = { for: options.for }
  const asked = openClient().call(ArmReply, `${hostRoute(name)}/arm`, { method: 'POST', body })
  const armed = await inWordsOfOptions(OPTION_OF, asked)
  await show(options.json, armed, async ({ url, expiresAt, boot }) => {
    if (boot) {
      await printLine(`${name} is armed until ${expiresAt}. Boot its installer with these words:`)
      await printLine(`  ${boot.words}`)
      if (boot.note !== undefined) process.stderr.write(`note: ${boot.note}\n`)
      return
    }
    await printLine(`${name} is armed until ${expiresAt}. Run on it, as root:`)
    await printLine(`  curl -fsS ${url.replace(/\/?$/, '/')}zones.sh | sh`)
  })
}

export async function printPlan(name: string, { json }: Options): Promise<void> {
  const plan = await openClient().call(PlanReply, `${hostRoute(name)}/plan`)
  await show(json, plan, (value) => print(value.text))
}

/** The script of the host, or another document of it. */
export async function printScript(
  name: string,
  { json, masked, document }: Options & { masked?: boolean; document?: string },
): Promise<void> {
  const query = { masked: masked ? '1' : undefined, document }
  const script = await (await openClient().open(`${hostRoute(name)}/script`, { query })).text()
  await (json ? printJson({ host: name, script }) : print(script))
}
