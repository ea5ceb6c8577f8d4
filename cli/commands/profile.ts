// `zoneflash profile …`: what a host becomes.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { checkGivenProfile } from '#core/jumpstart/documents/install-profile.ts'
import { looksLikeInstallProfile } from '#core/jumpstart/install-profile/parse.ts'
import { Profile } from '#core/profile.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { refused } from '../failures.ts'
import { readInstallProfile } from '../jumpstart/read-install-profile.ts'
import { print, printLine, renderTable } from '../output.ts'
import { ProfileReply } from '../replies.ts'

interface Options {
  json?: boolean
}

const EXAMPLES = 'the files in profiles/ are examples of every field'

const profileRoute = (name: string): string => `/api/v1/profiles/${encodeURIComponent(name)}`

export function registerProfile(program: Command): void {
  const noun = addNoun(program, 'profile', 'what hosts become: zones, networks, identity')

  addCommand(noun, 'list', 'list all profiles', 'zoneflash profile list').action(
    async ({ json }: Options) => {
      const profiles = await openClient().call(z.array(ProfileReply), '/api/v1/profiles')
      await show(json, profiles, (list) =>
        print(
          renderTable(
            ['NAME', 'SYSTEM', 'ZONES', 'DESCRIPTION'],
            list.map(({ name, system, zones, description }) => [
              name,
              system?.template ?? '-',
              zones.map((zone) => `${zone.name}=${zone.template}`).join(' '),
              description ?? '',
            ]),
          ),
        ),
      )
    },
  )

  addCommand(noun, 'show', 'print a profile as YAML', 'zoneflash profile show web > web.yaml')
    .argument('<name>')
    .action(async (name: string, { json }: Options) => {
      const profile = await openClient().call(ProfileReply, profileRoute(name))
      await show(json, profile, (value) => print(stringify(value)))
    })

  addCommand(
    noun,
    'set',
    'create or replace a profile from a YAML file',
    'zoneflash profile set web --file web.yaml',
  )
    .argument('<name>')
    .requiredOption('--file <file>', 'the YAML file, "-" for stdin')
    .action(async (name: string, { json, file }: Options & { file: string }) => {
      const profile = { ...readProfile(await readText(file), file), name }
      await store(profile)
      await show(json, profile, () => printLine(`profile ${name} is set`))
    })

  addCommand(
    noun,
    'check',
    'check profile files and install profiles of JumpStart without storing them; needs no server',
    'zoneflash profile check profiles/*.yaml profiles/jumpstart/flash',
  )
    .argument('<file...>')
    .action(async (files: string[], { json }: Options) => {
      const names: string[] = []
      for (const file of files) {
        const source = await readText(file)
        const isInstallProfile = looksLikeInstallProfile(source)
        names.push(isInstallProfile ? readInstallProfile(file, source) : checkProfile(source, file))
      }
      await show(json, { valid: names }, () => printLine(`${names.join(', ')}: ok`))
    })

  addCommand(
    noun,
    'import',
    'store profile files under the names they carry',
    'zoneflash profile import profiles/*.yaml',
  )
    .argument('<file...>')
    .action(async (files: string[], { json }: Options) => {
      // all are read before the first is stored: a wrong file changes nothing
      const profiles = await Promise.all(files.map(async (file) => readProfile(await readText(file), file)))
      for (const profile of profiles) await store(profile)
      const names = profiles.map(({ name }) => name)
      await show(json, { imported: names }, () => printLine(`imported ${names.join(', ')}`))
    })
}

/** @throws CliFailure, InstallProfileInvalid for an install profile in it */
function checkProfile(source: string, file: string): string {
  const { name, jumpstart } = readProfile(source, file)
  if (jumpstart?.installProfile !== undefined) checkGivenProfile(jumpstart.installProfile)
  return name
}

async function store(profile: Profile): Promise<void> {
  await openClient().act(profileRoute(profile.name), { method: 'PUT', body: profile })
}

async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin)
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw refused('NoSuchSource', `${file} cannot be read: ${(cause as Error).message}`, { cause })
  })
}

/** @throws CliFailure that names every wrong field */
function readProfile(source: string, file: string): Profile {
  let value: unknown
  try {
    value = parse(source)
  } catch (cause) {
    throw refused('InvalidProfile', `${file} is not YAML: ${(cause as Error).message}`, { cause })
  }
  if (value === null || value === undefined)
    throw refused('InvalidProfile', `${file} has nothing in it, expected a profile`, { advice: EXAMPLES })
  const parsed = Profile.safeParse(value)
  if (parsed.success) return parsed.data
  throw refused('InvalidProfile', `${file}: ${z.prettifyError(parsed.error)}`, {
    advice: EXAMPLES,
  })
}
