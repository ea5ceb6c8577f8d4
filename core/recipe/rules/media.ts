import { quoted } from '../../quoted.ts'
import { unwise, wrong, type RecipeRule } from './rule.ts'

/** What `source` and `media` say of each other. */
export const mediaRule: RecipeRule = ({ recipe: { media, source, customize, smoke } }) => {
  const names = media.map(({ name }) => name)
  const findings = names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [wrong(['media', index, 'name'], `media has ${quoted(name)} twice, expected each name once`)],
  )
  const medium = source?.medium
  const takesMedium = source?.install.some((word) => word.includes('{medium}')) ?? false
  if (medium !== undefined && !names.includes(medium)) {
    const there = names.length === 0 ? 'media, which is empty' : `the names in media: ${names.join(', ')}`
    findings.push(wrong(['source', 'medium'], `source.medium is ${quoted(medium)}, expected one of ${there}`))
  }
  if (takesMedium && medium === undefined)
    findings.push(
      wrong(['source', 'install'], 'source.install says {medium}, expected source.medium to name one'),
    )
  if (medium !== undefined && !takesMedium)
    findings.push(
      wrong(
        ['source', 'install'],
        `source.install has no {medium}, expected it where ${quoted(medium)} is to be installed from`,
      ),
    )
  if (customize === undefined && smoke === undefined)
    for (const [index, name] of names.entries())
      if (name !== medium) findings.push(unwise(['media', index], `nothing uses the medium ${quoted(name)}`))
  return findings
}
