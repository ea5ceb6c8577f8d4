// `zoneflash profile …`: what a host becomes.
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { assertInstallProfile } from '#core/jumpstart/documents/install-profile.ts'
import { looksLikeInstallProfile } from '#core/jumpstart/install-profile/parse.ts'
import { decodeText } from '#core/jumpstart/text-lines.ts'
import { Profile } from '#core/profile.ts'
import { addCommand, addNoun, openClient, show } from '../command.ts'
import { CliFailure, refused } from '../failures.ts'
import { cannotRead, STDIN } from '../file-failures.ts'
import { checkInstallProfileFile } from '../jumpstart/check-install-profile-file.ts'
import { print, printLine, renderTable } from '../output.ts'
import { ProfileReply } from '../replies.ts'
import { yamlProblem } from '../yaml-problem.ts'

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
      const profile = { ...readProfile(await readSource(file), file), name }
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
      const failures: CliFailure[] = []
      for (const file of files) {
        await checkFile(file).then(
          (name) => names.push(name),
          (error: unknown) => {
            if (!(error instanceof CliFailure)) throw error
            failures.push(error)
          },
        )
      }
      await show(json, { valid: names }, async () => {
        if (names.length > 0) await printLine(`${names.join(', ')}: ok`)
      })
      throwAll(failures)
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
      const profiles = await Promise.all(files.map(async (file) => readProfile(await readSource(file), file)))
      for (const profile of profiles) await store(profile)
      const names = profiles.map(({ name }) => name)
      await show(json, { imported: names }, () => printLine(`imported ${names.join(', ')}`))
    })
}

/** A profile's name, or an install profile's file. @throws CliFailure */
async function checkFile(file: string): Promise<string> {
  const source = await readSource(file)
  if (!looksLikeInstallProfile(decodeText(source).text)) return readProfile(source, file).name
  checkInstallProfileFile(file, source)
  return file
}

/** @throws CliFailure that is the only one, or has the lines of all */
function throwAll(failures: readonly CliFailure[]): void {
  const [first, ...others] = failures
  if (!first) return
  if (others.length === 0) throw first
  throw refused('InvalidProfile', failures.map(({ message }) => message).join('\n'), {
    advice: `${failures.length} files are wrong; ${EXAMPLES}, docs/clients/rules.md has the keywords of install profiles`,
  })
}

async function store(profile: Profile): Promise<void> {
  await openClient().act(profileRoute(profile.name), { method: 'PUT', body: profile })
}

async function readSource(file: string): Promise<Uint8Array> {
  return file === STDIN ? buffer(process.stdin) : readFile(file).catch(cannotRead(file))
}

/** @throws CliFailure that names every wrong field, or the first lines of an install profile in it that are wrong */
function readProfile(source: Uint8Array, file: string): Profile {
  let value: unknown
  try {
    value = parse(new TextDecoder().decode(source))
  } catch (cause) {
    throw refused('InvalidProfile', `${file} is not YAML: ${yamlProblem(cause)}`, { cause, advice: EXAMPLES })
  }
  if (value === null || value === undefined)
    throw refused('InvalidProfile', `${file} has nothing in it, expected a profile`, { advice: EXAMPLES })
  const { success, data, error } = Profile.safeParse(value)
  if (!success) throw refused('InvalidProfile', `${file}: ${z.prettifyError(error)}`, { advice: EXAMPLES })
  if (data.jumpstart?.installProfile !== undefined) checkInstallProfileIn(file, data.jumpstart.installProfile)
  return data
}

function checkInstallProfileIn(file: string, text: string): void {
  try {
    assertInstallProfile(text)
  } catch (cause) {
    if (!(cause instanceof ProvisionError)) throw cause
    throw refused(cause.code, `${file}: ${cause.message}`, { cause })
  }
}
