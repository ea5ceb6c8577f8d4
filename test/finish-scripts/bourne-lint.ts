// Complains of what the Bourne shell of Solaris 10 does not know or reads otherwise, and of commands that Solaris 10 has in another form.
import { bareShell } from './bare-shell.ts'
import { redirectedGroups } from './redirected-groups.ts'

/** What the Solaris 10 Bourne shell does not know or reads otherwise, and commands that Solaris 10 has in another form. */
const forbidden: Readonly<Record<string, RegExp>> = {
  '$(…) and $((…))': /\$\(/,
  '${x#y} and ${x%y}': /\$\{\w+[#%]/,
  '${#x}': /\$\{#/,
  '${x:n}': /\$\{\w+:[^-=?+]/,
  'export x=y': /\bexport\s+\w+=/,
  'local, declare, typeset, readonly x=y': /^\s*(local|declare|typeset|readonly\s+\w+=)\b/,
  '[[ ]]': /\[\[/,
  '[ == ]': /\[ [^\]]*==/,
  '! command': /(^|[;&|(]|\b(if|while|until|then|do|else))\s*!\s/,
  'test -e, -L, -ef, -nt, -ot': /(\[|\btest\b)[^\]]*\s-(e|L|ef|nt|ot)\s/,
  'function name': /^\s*function\s/,
  source: /^\s*source\s/,
  '~': /(^|\s|=)~\//,
  '&> and >&': /&>|>&[^0-9-]/,
  '<<< and <(…)': /<<<|<\(/,
  'trap by name': /\btrap\s.*\s(EXIT|INT|TERM|HUP|ERR)\b/,
  'command -v, which': /\bcommand\s+-|\bwhich\s/,
  'grep -q': /\bgrep\s+-\w*[qeEF]/,
  'tail -n, head -n': /\b(tail|head)\s+-n/,
  'head (sed 1q is everywhere the same)': /\|\s*head\b/,
  'id -u': /\bid\s+-/,
  'sed -i, -r, -E': /\bsed\s+(-\w+\s+)*-[irE]\b/,
  'echo -n, -e': /\becho\s+-[ne]\b/,
  'old awk': /(^|[|;&(]\s*)awk\s/,
  'printf of the shell': /^\s*printf\s/,
  'read with options': /\bread\s+-/,
  'set -e, -u, -o': /^\s*set\s+-[euo]/,
  'kill %job, kill -SIG': /\bkill\s+(%|-[A-Z])/,
  mktemp: /\bmktemp\b/,
  'nested quotes in backquotes': /"[^"`]*`[^`]*\\"/,
  'return from a redirected loop': /\bdone\s*<.*\breturn\b/,
  'alternatives in a pattern with (': /^\s*\([\w'*|-]+\)\s*$/,
  'a backslash that echo reads': /\becho\s+('[^']*\\|"[^"]*\\[^"`$])/,
}

/** The same outside of quotes: what the Bourne shell takes for something else, as one that was built of its sources showed. */
const misread: Readonly<Record<string, RegExp>> = {
  '^, which is a pipe': /\^/,
  'trap -': /\btrap\s+-/,
  'set -- alone, which clears nothing': /\bset\s+--\s*($|[;&|)])/,
  'a redirected :, which in a function or loop works once': /(^|[\s;&|{(]):\s+\d*[<>]/,
  'for without words': /\bfor\s+\w+\s+in\s*(;|$)/,
  'for with a=b, which is no word there': /\bfor\s+\w+\s+in\s+\w+=/,
  'the status of wait, which may be lost':
    /\b(if|while|until)\s+wait\b|\bwait\b[^;]*(&&|\|\|)|\bwait\b[^;]*;\s*\w+=\$\?/,
}

/** Those that take no variables put before them. */
const builtins = [
  'cd',
  'echo',
  'eval',
  'read',
  'set',
  'test',
  'trap',
  'umask',
  'wait',
  'kill',
  'return',
  'exit',
]

/** Comments and awk programs are not the shell's. */
export function shellLines(text: string): string[] {
  let inAwk = false
  return text.split('\n').map((line) => {
    const program = /new_awk '[^']*$/.test(line)
    const wasAwk = inAwk
    if (wasAwk && line.includes("'")) inAwk = false
    if (program) inAwk = true
    if (wasAwk) return ''
    return line.replace(/(^|\s)#.*$/, '').replace(/new_awk (-F\S+ )?'.*$/, 'new_awk')
  })
}

export function complaints(text: string): string[] {
  const lines = text.split('\n')
  const bare = bareShell(text)
  const before = variablesBefore(bare.lines)
  const found = [
    ...matches(shellLines(text), forbidden),
    ...matches(bare.lines, { ...misread, 'variables before a function or builtin': before }),
    ...bare.brokenWords.map((at): Found => [at, 'blanks in quotes in backquotes in quotes']),
    ...redirectedGroups(lines, bare.lines),
  ]
  return [...new Set(found.map(([at, name]) => `line ${at + 1}: ${name}: ${lines[at]?.trim()}`))]
}

/** A line (from 0) and what is wrong with it. */
export type Found = readonly [number, string]

function matches(lines: readonly string[], rules: Readonly<Record<string, RegExp>>): Found[] {
  return lines.flatMap((line, at) =>
    Object.entries(rules)
      .filter(([, pattern]) => pattern.test(line))
      .map(([name]): Found => [at, name]),
  )
}

function variablesBefore(lines: readonly string[]): RegExp {
  const functions = lines.flatMap((line) => /^(\w+)\(\)/.exec(line)?.[1] ?? [])
  const names = [...functions, ...builtins].join('|')
  return new RegExp(
    String.raw`(^|[;&|{(]|\b(then|do|else|if|while|until)\b)\s*(\w+=([^\s\x60;&|]|\x60[^\x60]*\x60)*\s+)+(${names})(\s|$)`,
  )
}
