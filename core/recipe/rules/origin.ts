import { quoted } from '../../quoted.ts'
import { unwise, wrong, type RecipeRule, type RuleContext } from './rule.ts'

/** A zone is cloned from an origin or installed from a source. */
export const originRule: RecipeRule = (context) => {
  const { origin, source } = context.recipe
  if (origin !== undefined && source !== undefined)
    return [wrong(['source'], `origin is ${quoted(origin)} and there is a source, expected one of the two`)]
  if (origin === undefined && source === undefined)
    return [
      wrong([], 'there is neither origin nor source, expected one of the two: where the zone comes from'),
    ]
  return origin === undefined ? [] : followOrigin(context, origin)
}

const templateOf = (origin: string): string => origin.split('@')[0] ?? ''

/** From origin to origin as far as there are recipes: a round could never be built. */
function followOrigin({ recipe, sources, resolve }: RuleContext, origin: string) {
  const names = [recipe.name]
  for (let next: string | undefined = templateOf(origin); next !== undefined;) {
    const seen = names.indexOf(next)
    names.push(next)
    if (seen >= 0) {
      const round = names.slice(seen).toReversed().join(' ← ')
      return [wrong(['origin'], `origin is ${quoted(origin)}, which goes round: ${round}`)]
    }
    const parent: string | undefined = resolve(next)?.origin
    next = parent === undefined ? undefined : templateOf(parent)
  }
  const name = templateOf(origin)
  return sources.has(name)
    ? []
    : [unwise(['origin'], `origin is ${quoted(origin)}, and no recipe builds ${quoted(name)}`)]
}

export const promoteRule: RecipeRule = ({ recipe: { promote } }) =>
  promote?.to === 'candidate'
    ? [
        wrong(
          ['promote', 'to'],
          'promote.to is "candidate", where each version begins, expected another channel',
        ),
      ]
    : []
