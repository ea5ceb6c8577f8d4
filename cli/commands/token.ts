// `zoneflash token …`: who may call the API, and how much each may do.
import type { Command } from 'commander'
import { z } from 'zod'
import { Role } from '#core/role.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { usageFailure } from '../failures.ts'
import { print, printLine, renderTable } from '../output.ts'
import { NewTokenReply, TokenReply } from '../replies.ts'

interface Options {
  json?: boolean
}

interface CreateOptions extends Options {
  role: string
  template?: string[]
}

export function registerToken(program: Command): void {
  const noun = addNoun(program, 'token', 'API tokens')

  addCommand(
    noun,
    'create',
    'make a token; its secret is shown this once',
    'zoneflash token create ci --role publisher',
    'zoneflash token create smartos1 --role reader --template web',
  )
    .argument('<name>')
    .option('--role <role>', `one of ${Role.options.join(', ')}`, 'viewer')
    .option('--template <name...>', 'of a reader: the only templates whose bytes it gives')
    .action(async (name: string, { json, role, template }: CreateOptions) => {
      if (!Role.safeParse(role).success)
        throw usageFailure(`--role is ${JSON.stringify(role)}, expected one of ${Role.options.join(', ')}`)
      const made = await openClient().call(NewTokenReply, '/api/v1/tokens', {
        method: 'POST',
        body: { name, role, ...(template && { templates: template }) },
      })
      await show(json, made, ({ secret }) => printLine(secret))
    })

  addCommand(noun, 'list', 'list tokens', 'zoneflash token list').action(async ({ json }: Options) => {
    const tokens = await openClient().call(z.array(TokenReply), '/api/v1/tokens')
    await show(json, tokens, (list) =>
      print(
        renderTable(
          ['ID', 'NAME', 'ROLE', 'CREATED', 'LAST USED'],
          list.map((token) => [
            token.id,
            token.name,
            [token.role, ...(token.templates ? [`of ${token.templates.join(' ')}`] : [])].join(' '),
            token.createdAt,
            token.lastUsedAt ?? '-',
          ]),
        ),
      ),
    )
  })

  addCommand(noun, 'revoke', 'make a token worthless at once', 'zoneflash token revoke 0198f2c4-…')
    .argument('<id>')
    .action(async (id: string, { json }: Options) => {
      await openClient().act(`/api/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
      await show(json, { revoked: id }, () => printLine(`revoked ${id}`))
    })
}
