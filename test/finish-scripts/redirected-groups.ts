// Loops, conditions and brace groups with a redirection: the Bourne shell runs them in a shell of its own, so no variable comes
// out of one, and a return or exit in one leaves only that. Lines are laid out as shfmt does it.
import type { Found } from './bourne-lint.ts'

const END = /^(\s*)(done|\}|fi|esac)\s*(\d*[<>]|\|(?!\|))/
const BEGIN = /(\bdo|\bthen|\bin|\{)\s*$/

/** `bare`: the lines without what is quoted. */
export function redirectedGroups(lines: readonly string[], bare: readonly string[]): Found[] {
  return bare.flatMap((line, end) => {
    const indent = END.exec(line)?.[1]
    if (indent === undefined) return []
    const begin = bare.findLastIndex(
      (other, at) => at < end && BEGIN.test(other) && /^\s*/.exec(other)?.[0] === indent,
    )
    const rest = bare.findIndex((other, at) => at > end && other.startsWith('}'))
    const after = lines.slice(end + 1, rest < 0 ? undefined : rest)
    return [
      ...lostVariables(bare.slice(begin, end), after).map((name): Found => [
        end,
        `$${name} of a redirected group is used after it`,
      ]),
      ...leaves(bare.slice(begin + 1, end), line).map((at): Found => [
        begin + 1 + at,
        'return or exit in a redirected group',
      ]),
    ]
  })
}

function lostVariables(group: readonly string[], after: readonly string[]): string[] {
  const set = group.flatMap((line) =>
    [...line.matchAll(/(?:^|[\s;])(\w+)=|\bfor (\w+) in\b|\bread ([\w ]+)/g)].flatMap((found) =>
      found.slice(1).flatMap((names) => names?.split(' ').filter(Boolean) ?? []),
    ),
  )
  return [...new Set(set)].filter((name) => {
    const isUsed = (line: string) => new RegExp(String.raw`\$\{?${name}\b`).test(line)
    const used = after.findIndex(isUsed)
    const setAnew = after.findIndex((line) =>
      new RegExp(String.raw`(^|[\s;])${name}=|\bfor ${name} in\b`).test(line),
    )
    return used >= 0 && (setAnew < 0 || used <= setAnew)
  })
}

/** Of what runs beside the script, nobody expects that it leaves it. */
function leaves(group: readonly string[], end: string): number[] {
  if (/&\s*$/.test(end)) return []
  return group.flatMap((line, at) => (/\b(return|exit)\b/.test(line) ? [at] : []))
}
