// Complains of what the Bourne shell of Solaris 10 does not know, and of commands that Solaris 10 has in another form.

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
}

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
  return shellLines(text).flatMap((line, index) =>
    Object.entries(forbidden)
      .filter(([, pattern]) => pattern.test(line))
      .map(([name]) => `line ${index + 1}: ${name}: ${line.trim()}`),
  )
}
