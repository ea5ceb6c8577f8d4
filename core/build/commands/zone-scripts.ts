// The recipe's own scripts, which run inside a zone: their folder is laid into it, and goes when they are done.
import { shellQuote } from '../../shell-quote.ts'
import { byServer, run, sendTo, type Action } from '../action.ts'
import type { BuildPlan, BuildZone } from '../plan.ts'
import { mediumPath } from './media.ts'
import { inZone, ZLOGIN } from './tools.ts'

/** In the zone; finish-scripts/scrub.sh removes it as well. */
const DIRECTORY = '/var/zoneflash-build'
const RECIPE = `${DIRECTORY}/recipe`
const MEDIA = `${DIRECTORY}/media`

const UNTAR = 'tar xpf -'

export function customizeActions(plan: BuildPlan): Action[] {
  const { recipe, golden } = plan
  const { customize, minutes } = recipe
  const overlay = overlayFiles(plan)
  return [
    ...(overlay.length > 0 ? [layFilesOver(plan, overlay)] : []),
    ...(customize === undefined
      ? []
      : [
          layRecipe(golden),
          ...zoneMedia(plan).map((name) => handMedium(plan, golden, name)),
          script(plan, golden, 'customize', customize, minutes.customize),
          removeDirectory(golden),
        ]),
    ...(overlay.length === 0 && customize === undefined
      ? [byServer('the recipe has neither files nor customize')]
      : []),
  ]
}

export function smokeActions(plan: BuildPlan, zone: BuildZone): Action[] {
  const { smoke, minutes } = plan.recipe
  if (smoke === undefined) return [byServer('the recipe has no smoke check')]
  return [layRecipe(zone), script(plan, zone, 'smoke', smoke, minutes.smoke), removeDirectory(zone)]
}

/** All but the one that the zone is installed from. */
function zoneMedia({ recipe }: BuildPlan): string[] {
  return recipe.media.map(({ name }) => name).filter((name) => name !== recipe.source?.medium)
}

/** Files below the recipe's `files`, relative to /. */
export function overlayFiles({
  recipe,
  files,
}: BuildPlan): { path: string; mode: number; contents: Uint8Array }[] {
  if (recipe.files === undefined) return []
  const prefix = `${recipe.files}/`
  return files.flatMap((file) =>
    file.path.startsWith(prefix) ? [{ ...file, path: file.path.slice(prefix.length) }] : [],
  )
}

/** Directories that are there keep their owner and mode. */
function layFilesOver({ golden }: BuildPlan, overlay: readonly { path: string }[]): Action {
  const directories = [...new Set(overlay.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1)))]
  const make = directories.filter(Boolean).map((directory) => shellQuote(directory))
  const script = `cd / && umask 022 && ${make.length > 0 ? `mkdir -p ${make.join(' ')} && ` : ''}${UNTAR}`
  return sendTo(inZone(golden, script), { of: 'files' }, 10)
}

function layRecipe(zone: BuildZone): Action {
  const script = `umask 077; rm -rf ${DIRECTORY} && mkdir ${DIRECTORY} ${RECIPE} ${MEDIA} && cd ${RECIPE} && ${UNTAR}`
  return sendTo(inZone(zone, script), { of: 'recipe' }, 10)
}

function handMedium(plan: BuildPlan, zone: BuildZone, name: string): Action {
  const hand = `exec ${ZLOGIN} "$1" "umask 077; cat >$2" <"$3"`
  return run(
    ['/bin/sh', '-c', hand, 'hand', zone.name, `${MEDIA}/${name}`, mediumPath(plan, name)],
    plan.recipe.minutes.media,
  )
}

function script(
  { template, version, recipe }: BuildPlan,
  zone: BuildZone,
  kind: 'customize' | 'smoke',
  file: string,
  minutes: number,
): Action {
  const environment = {
    ZONEFLASH_MEDIA_DIR: MEDIA,
    ZONEFLASH_TEMPLATE: template,
    ZONEFLASH_VERSION: version,
    ZONEFLASH_BRAND: recipe.brand,
  }
  const names = Object.entries(environment)
  const words = [
    names.map(([name, value]) => `${name}=${shellQuote(value)}`).join(' '),
    `export ${names.map(([name]) => name).join(' ')}`,
    `cd ${RECIPE} && chmod +x ./${file} && exec ./${file}`,
  ]
  return { do: 'run', argv: inZone(zone, words.join('; ')), minutes, script: kind }
}

function removeDirectory(zone: BuildZone): Action {
  return run(inZone(zone, `rm -rf ${DIRECTORY}`))
}
