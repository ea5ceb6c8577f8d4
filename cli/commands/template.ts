// `zoneflash template …`: golden zones, their versions, forms and channels.
import type { Command } from 'commander'
import { renderBlock } from '#core/channel/errors.ts'
import { formName, type Artifact } from '#core/manifest.ts'
import { z } from 'zod'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { parseReference, versionRoute } from '../reference.ts'
import { EntryReply, TemplateReply, VersionReply } from '../replies.ts'
import { ChannelsReply } from '../replies/channels.ts'
import { print, printLine, renderBytes, renderEntry, renderName, renderTable } from '../output.ts'
import { eachLine } from '../lines.ts'
import { renderChannels, renderRules } from '../channel-lines.ts'
import { sayWhichVersion } from '../channels.ts'
import { refused, usageFailure } from '../failures.ts'
import { renderFlar } from '../flar-lines.ts'
import { renderStream } from '../stream-lines.ts'
import { registerTemplateChannels } from './template-channels.ts'
import { registerTemplateConvert } from './template-convert.ts'
import { registerTemplateDiff } from './template-diff.ts'
import { registerTemplateHygiene } from './template-hygiene.ts'
import { registerTemplateOpen, renderAccess } from './template-open.ts'
import { registerTemplateExport } from './template-export.ts'
import { registerTemplatePull } from './template-pull.ts'
import { registerTemplatePush } from './template-push.ts'
import { registerTemplateKeep } from './template-keep.ts'
import { registerTemplatePackage } from './template-package.ts'
import { registerTemplateRestoreScript } from './template-restore-script.ts'
import { registerTemplateRevoke } from './template-revoke.ts'

interface Options {
  json?: boolean
}

export function registerTemplate(program: Command): void {
  const noun = addNoun(program, 'template', 'golden zones: push, look, promote, fetch')

  addCommand(noun, 'list', 'list all templates', 'zoneflash template list').action(
    async ({ json }: Options) => {
      const templates = await openClient().call(z.array(TemplateReply), '/api/v1/templates')
      await show(json, templates, (list) => print(renderTemplates(list)))
    },
  )

  addCommand(
    noun,
    'show',
    'show a template, or one of its versions',
    'zoneflash template show mysql',
    'zoneflash template show mysql@stable',
  )
    .argument('<name[@version]>')
    .action(async (text: string, { json }: Options) => {
      if (text.includes('@')) {
        const version = await openClient().call(VersionReply, versionRoute(parseReference(text)))
        return show(json, version, (shown) => print(renderVersion(shown)))
      }
      const { template } = parseReference(text)
      const client = openClient()
      const route = `/api/v1/templates/${template}`
      const summary = await client.call(TemplateReply, route)
      const versions = await client.call(z.array(VersionReply), `${route}/versions`)
      const rules = await client.call(ChannelsReply, `${route}/channels`)
      await show(json, { ...summary, versions, rules }, () =>
        print(
          `${renderTemplates([summary])}${renderAccess(summary)}${renderRules(rules)}\n${renderVersions(versions)}`,
        ),
      )
    })

  registerTemplatePush(noun)
  registerTemplatePull(noun)
  registerTemplateExport(noun)
  registerTemplatePackage(noun)
  registerTemplateConvert(noun)
  registerTemplateKeep(noun)
  registerTemplateDiff(noun)
  registerTemplateHygiene(noun)
  registerTemplateRestoreScript(noun)

  addCommand(noun, 'files', 'list the files of a version', 'zoneflash template files mysql@stable | head')
    .argument('<name[@version]>')
    .option('--prefix <path>', 'only what lies below this path')
    .option('--form <form>', 'the form whose index is listed, e.g. tar.gz or zfs')
    .action(async (text: string, { json, prefix, form }: Options & { prefix?: string; form?: string }) => {
      const client = openClient()
      const reference = parseReference(text)
      if (!text.includes('@')) await sayWhichVersion(client, reference.template)
      let found = 0
      for (const below of placesOf(prefix)) {
        const query = { prefix: below, format: form }
        for await (const line of eachLine(await client.open(`${versionRoute(reference)}/files`, { query }))) {
          found += 1
          await printLine(json ? line : renderEntry(EntryReply.parse(JSON.parse(line))))
        }
        if (found > 0) return
      }
      if (prefix !== undefined) throw refused('NoSuchFiles', `there is nothing below ${prefix} in ${text}`)
    })

  registerTemplateChannels(noun)
  registerTemplateRevoke(noun)

  addCommand(
    noun,
    'rm',
    'delete a version that nothing refers to',
    'zoneflash template rm mysql@20261120T110203Z',
  )
    .argument('<name@version>')
    .action(async (text: string, { json }: Options) => {
      if (!/@[0-9]/.test(text)) throw usageFailure(`expected NAME@VERSION, got ${JSON.stringify(text)}`)
      const reference = parseReference(text)
      await openClient().act(versionRoute(reference), { method: 'DELETE' })
      await show(json, { deleted: text }, () => printLine(`deleted ${text}`))
    })

  addCommand(
    noun,
    'public',
    'let hosts fetch a template without a token',
    'zoneflash template public default',
    'zoneflash template public default --off',
  )
    .argument('<name>')
    .option('--off', 'ask for a token again')
    .action(async (text: string, { json, off }: Options & { off?: boolean }) => {
      const { template } = parseReference(text)
      const isPublic = !off
      await openClient().act(`/api/v1/templates/${template}`, { method: 'PATCH', body: { public: isPublic } })
      await show(json, { name: template, public: isPublic }, () =>
        printLine(
          `${template} ${isPublic ? 'is public: anyone who reaches the server can fetch it' : 'needs a token'}`,
        ),
      )
    })
  registerTemplateOpen(noun)
}

/** A path as it is in a zone; in an archive of a whole zonepath it lies below `root/`. */
function placesOf(prefix: string | undefined): (string | undefined)[] {
  const bare = prefix?.replace(/^\/+/, '')
  return bare === undefined || bare === '' ? [undefined] : [bare, `root/${bare}`]
}

function renderTemplates(templates: readonly TemplateReply[]): string {
  const rows = templates.map((template) => [
    template.name,
    template.kind ?? '-',
    String(template.versions),
    template.latest ?? '-',
    template.public ? 'yes' : 'no',
    renderChannels(template.name, template.channels, template.blocked),
  ])
  return renderTable(['NAME', 'KIND', 'VERSIONS', 'LATEST', 'PUBLIC', 'CHANNELS'], rows)
}

function renderVersions(versions: readonly VersionReply[]): string {
  const rows = versions.map(({ manifest, state, blockedBy }) => [
    manifest.version,
    renderState(manifest, state, blockedBy),
    manifest.brand,
    manifest.osRelease ?? manifest.osFamily,
    manifest.artifacts
      .map((artifact) => `${formName(artifact, manifest)} (${renderBytes(artifact.size)})`)
      .join(', '),
  ])
  return renderTable(['VERSION', 'STATE', 'BRAND', 'OS', 'FORMS'], rows)
}

/** `ready`, `revoked: leaks a key`, `ready, blocked by default@1 (revoked: leaks a key)` */
function renderState(
  { template, version }: VersionReply['manifest'],
  state: string,
  blockedBy: VersionReply['blockedBy'],
): string {
  if (!blockedBy) return state
  const block = renderName(renderBlock(template, version, blockedBy))
  return state === 'revoked' ? block : `${state}, ${block}`
}

function renderVersion({ manifest, state, blockedBy }: VersionReply): string {
  const facts: [string, string | undefined][] = [
    ['template', manifest.template],
    ['version', manifest.version],
    ['state', renderState(manifest, state, blockedBy)],
    ['kind', manifest.kind ?? 'zone'],
    ['brand', manifest.brand],
    ['os', [manifest.osFamily, manifest.osRelease].filter(Boolean).join(' ')],
    ['arch', manifest.arch],
    ['origin', manifest.origin && `${manifest.origin.template}@${manifest.origin.version}`],
    ['made by', `${manifest.madeBy}, ${manifest.createdBy}, ${manifest.createdAt}`],
    ['inventory', manifest.inventory && `${manifest.inventory.length} packages and patches`],
    ['notes', manifest.notes],
  ]
  const lines = facts.flatMap(([name, value]) => (value ? [`${name.padEnd(10)} ${value}\n`] : []))
  const config =
    manifest.zonecfg === undefined ? '' : `\nzonecfg:\n${manifest.zonecfg.replace(/^/gm, '    ').trimEnd()}\n`
  const details = manifest.artifacts.map(
    (artifact) => renderStream(artifact, manifest) + renderFlar(artifact, manifest),
  )
  return `${lines.join('')}\n${renderArtifacts(manifest.artifacts)}${details.join('')}${config}`
}

/** Forms that were converted tell from which. */
function renderArtifacts(artifacts: readonly Artifact[]): string {
  const rows = artifacts.map((artifact) => {
    const from = artifacts.find(({ sha256 }) => sha256 === artifact.derivedFrom)
    return [
      formName(artifact, { artifacts }),
      renderBytes(artifact.size),
      renderBytes(artifact.uncompressedSize),
      artifact.entries === undefined ? '-' : String(artifact.entries),
      artifact.sha256,
      from ? formName(from, { artifacts }) : '',
    ]
  })
  const isDerived = rows.some((row) => row.at(-1) !== '')
  const heading = ['FORM', 'SIZE', 'UNPACKED', 'ENTRIES', 'SHA256', ...(isDerived ? ['MADE FROM'] : [])]
  return renderTable(heading, isDerived ? rows : rows.map((row) => row.slice(0, -1)))
}
