// `zoneflash template open`: which clients may read a template without a token.
import type { Command } from 'commander'
import { z } from 'zod'
import { Client } from '#core/client.ts'
import { addCommand, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { print } from '../output.ts'
import { parseReference } from '../reference.ts'
import { TemplateReply } from '../replies.ts'

interface Options {
  json?: boolean
  to?: string
  layout?: string
}

const layouts: Record<string, string | null> = { zonepath: 'zonepath', zoneroot: 'zoneroot', brand: null }

export function registerTemplateOpen(noun: Command): void {
  addCommand(
    noun,
    'open',
    'let imgadm, zadm, kayak or jumpstart fetch a template without a token',
    'zoneflash template open web --to imgadm,zadm',
    'zoneflash template open web --to none',
    'zoneflash template open web --to imgadm --layout zonepath',
  )
    .argument('<name>')
    .option('--to <clients>', `of ${Client.options.join(',')}; these and no others; none: nobody`)
    .option(
      '--layout <layout>',
      'top of its images: zonepath (root/ in it), zoneroot, or brand: as its brand has it',
    )
    .action(async (text: string, { json, to, layout }: Options) => {
      const { template } = parseReference(text)
      const body = {
        ...(to !== undefined && { openTo: parseClients(to) }),
        ...(layout !== undefined && { imageLayout: parseLayout(layout) }),
      }
      if (Object.keys(body).length === 0) throw usageFailure('expected --to CLIENTS or --layout LAYOUT')
      const route = `/api/v1/templates/${template}`
      const summary = await openClient().call(TemplateReply, route, { method: 'PATCH', body })
      await show(json, summary, (shown) => print(renderAccess(shown) || `${template} is open to nobody\n`))
      const images = summary.openTo.filter((client) => client === 'imgadm' || client === 'zadm')
      if (summary.kind === 'system' && images.length > 0)
        process.stderr.write(
          `note: ${template} holds whole systems, no images: ${images.join(', ')} will not see it\n`,
        )
    })
}

/** A line of what is not the default. */
export function renderAccess({ openTo, imageLayout }: z.infer<typeof TemplateReply>): string {
  const facts = [
    ...(openTo.length > 0 ? [`open to ${openTo.join(', ')} without a token`] : []),
    ...(imageLayout === undefined ? [] : [`images are laid out as a ${imageLayout}`]),
  ]
  return facts.length > 0 ? `${facts.join('; ')}\n` : ''
}

function parseClients(text: string): Client[] {
  if (text === 'none') return []
  const parsed = z.array(Client).safeParse(text.split(','))
  if (parsed.success) return parsed.data
  throw usageFailure(
    `--to is ${JSON.stringify(text)}, expected none, or some of ${Client.options.join(', ')} with commas between`,
  )
}

function parseLayout(text: string): string | null {
  const layout = Object.hasOwn(layouts, text) ? layouts[text] : undefined
  if (layout !== undefined) return layout
  throw usageFailure(`--layout is ${JSON.stringify(text)}, expected zonepath, zoneroot or brand`)
}
