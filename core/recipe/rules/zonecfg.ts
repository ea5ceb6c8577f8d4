// zonecfg commands are tried on an empty host before they reach a real one.
import { parseLine, type CommandName } from '../../zone/language/parse-line.ts'
import { ZonecfgSession } from '../../zone/language/session.ts'
import { emptyWorld } from '../../zone/replay.ts'
import type { Recipe } from '../schema.ts'
import { findBrand } from './brand.ts'
import { quoted } from '../../quoted.ts'
import { wrong, type Finding, type RecipeRule, type RuleContext } from './rule.ts'

/** What the build says itself, around the recipe's commands. */
const ofTheBuild: readonly CommandName[] = ['create', 'delete', 'revert', 'exit', 'export']

export const zonecfgRule: RecipeRule = (context) => {
  const lines = linesOf(context.recipe)
  const findings = lines.flatMap((line, index) => forbidden(context.recipe, line, index))
  return findings.length > 0 ? findings : tried(context, lines)
}

const linesOf = ({ zonecfg }: Recipe): string[] => zonecfg.split('\n')

function forbidden({ brand }: Recipe, line: string, index: number): Finding[] {
  return parseLine(line).flatMap((command) => {
    // what cannot be read is told by the session
    if ('fault' in command) return []
    if (ofTheBuild.includes(command.name))
      return [complaint(index, `the command ${command.name} is the build's own, expected none of it`)]
    if (command.name !== 'set') return []
    return command.items.flatMap(({ name, value }) => {
      if (name === 'zonepath' || name === 'zonename')
        return [complaint(index, `${name} is set, expected not to be: the build chooses it`)]
      if (name === 'brand' && value?.kind === 'simple' && value.text !== brand)
        return [complaint(index, `brand is set to ${quoted(value.text)}, expected ${quoted(brand)}`)]
      return []
    })
  })
}

const complaint = (line: number, message: string): Finding =>
  wrong(['zonecfg', line], `zonecfg, line ${line + 1}: ${message}`)

/** The first complaint of zonecfg itself: what follows it would complain for its sake. */
function tried({ recipe, resolve }: RuleContext, lines: readonly string[]): Finding[] {
  const brand = findBrand(recipe.brand)
  const before = commandsBefore(recipe, resolve)
  // an origin without a recipe: nothing is known of what the commands change
  if (!brand || !before) return []
  const said: string[] = []
  const session = new ZonecfgSession({
    zone: recipe.name,
    release: brand.release,
    world: emptyWorld(brand.release),
    terminal: { out: () => {}, err: (text) => said.push(text), ask: () => undefined },
    mode: 'file',
  })
  for (const line of before) session.runLine(line)
  // the origin's own faults are told at the origin
  if (said.length > 0) return []
  for (const [index, line] of lines.entries()) {
    session.runLine(line)
    if (said.length > 0) return [complaint(index, messageOf(said))]
  }
  return session.isInResource
    ? [complaint(lastLine(lines), 'a resource is not ended, expected the command end')]
    : []
}

/** What the zone's configuration holds before the recipe's commands: as the build makes it. */
function commandsBefore(recipe: Recipe, resolve: RuleContext['resolve'], depth = 0): string[] | undefined {
  if (recipe.origin === undefined)
    return [recipe.brand === 'native' ? 'create' : `create -b; set brand=${recipe.brand}`]
  const origin = resolve(recipe.origin.split('@')[0] ?? '')
  if (!origin || depth > 16) return undefined
  const before = commandsBefore(origin, resolve, depth + 1)
  return before && [...before, ...linesOf(origin)]
}

function messageOf(said: readonly string[]): string {
  const text = said.filter((line) => !line.startsWith('On line ')).join(' ')
  return text.replaceAll(/\s+/g, ' ').trim()
}

const lastLine = (lines: readonly string[]): number =>
  Math.max(
    lines.findLastIndex((line) => line.trim() !== ''),
    0,
  )
