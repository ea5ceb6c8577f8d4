// `zoneflash rules show|history|files`: what is stored.
import { z } from 'zod'
import { openClient, show } from '../command.ts'
import { numberOption } from '../option-values.ts'
import { print, printJson, renderName, renderTable } from '../output.ts'
import { DirectoryReply, FileReply, RevisionReply } from './replies.ts'

interface ShowOptions {
  json?: boolean
  revision?: string
  ok?: boolean
}

const routeOf = (revision: string | undefined): string =>
  `/api/v1/jumpstart/revisions/${revision === undefined ? 'latest' : numberOption('--revision', revision, 0, 999_999_999)}`

/** The rules on stdout; which revision that is on stderr. */
export async function showRules({ json, revision, ok }: ShowOptions): Promise<void> {
  const client = openClient()
  const directory = await client.call(DirectoryReply, routeOf(revision))
  if (!ok) {
    await show(json, directory, async ({ rules }) => {
      tellRevision(directory)
      await print(rules)
    })
    return
  }
  const text = await (await client.open(`${routeOf(String(directory.revision))}/rules.ok`)).text()
  await (json ? printJson({ revision: directory.revision, rulesOk: text }) : print(text))
}

function tellRevision({ revision, actor, at, why }: RevisionReply): void {
  const reason = why === undefined ? '' : `: ${renderName(why)}`
  process.stderr.write(
    revision === 0
      ? 'nothing is stored: these are the rules of the server itself\n'
      : `revision ${revision} of ${at ?? '-'} by ${renderName(actor ?? '-')}${reason}\n`,
  )
}

export async function showHistory({ json, limit }: { json?: boolean; limit: string }): Promise<void> {
  const query = { limit: String(numberOption('--limit', limit, 1, 1000)) }
  const revisions = await openClient().call(z.array(RevisionReply), '/api/v1/jumpstart/revisions', { query })
  await show(json, revisions, (list) =>
    print(
      renderTable(
        ['REVISION', 'AT', 'BY', 'WHY'],
        list.map(({ revision, at, actor, why }) => [
          String(revision),
          at ?? '-',
          renderName(actor ?? '-'),
          renderName(why ?? '-'),
        ]),
      ),
    ),
  )
}

/** The list of files, or the text of one. */
export async function showFiles(name: string | undefined, { json, revision }: ShowOptions): Promise<void> {
  const client = openClient()
  if (name !== undefined) {
    const file = await client.call(FileReply, `${routeOf(revision)}/file`, { query: { path: name } })
    await show(json, file, ({ text }) => print(text))
    return
  }
  const { files } = await client.call(DirectoryReply, routeOf(revision))
  await show(json, files, (list) =>
    print(
      renderTable(
        ['MODE', 'SIZE', 'PATH'],
        list.map(({ mode, size, path }) => [
          mode.toString(8).padStart(4, '0'),
          String(size),
          renderName(path),
        ]),
      ),
    ),
  )
}
