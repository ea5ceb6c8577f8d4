import { hygieneRules } from '../../hygiene/rules.ts'
import { quoted } from '../../quoted.ts'
import { wrong, type RecipeRule } from './rule.ts'

/** Exceptions are from rules that there are. */
export const hygieneRule: RecipeRule = ({ recipe: { hygiene } }) => {
  const known = hygieneRules.map(({ name }) => name)
  return hygiene.flatMap(({ rule, path }, index) => [
    ...(known.includes(rule)
      ? []
      : [
          wrong(
            ['hygiene', index, 'rule'],
            `hygiene.${index}.rule is ${quoted(rule)}, expected one of ${known.join(', ')}`,
          ),
        ]),
    ...(path.startsWith('/')
      ? [
          wrong(
            ['hygiene', index, 'path'],
            `hygiene.${index}.path is ${quoted(path)}, expected a path in the zone without a slash at its beginning`,
          ),
        ]
      : []),
  ])
}
