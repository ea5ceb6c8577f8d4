// A script without what stands in quotes, comments and here-documents, for rules about what the shell itself reads.

export interface BareShell {
  /** line for line; what was quoted is underscores between its quotes */
  lines: string[]
  /** lines (from 0) with blanks in quotes, within backquotes, within quotes: the Bourne shell ends the word there */
  brokenWords: number[]
}

interface State {
  text: string
  at: number
  out: string
  line: number
  /** marks of the here-documents that begin at the end of this line */
  marks: string[]
  brokenWords: number[]
}

export function bareShell(text: string): BareShell {
  const state: State = { text, at: 0, out: '', line: 0, marks: [], brokenWords: [] }
  while (state.at < text.length) readPlain(state)
  return { lines: state.out.split('\n'), brokenWords: state.brokenWords }
}

function readPlain(state: State): void {
  const rest = state.text.slice(state.at, state.at + 80)
  const mark = /^<<-?\s*'?(\w+)'?/.exec(rest)
  if (mark) {
    state.marks.push(mark[1] ?? '')
    keep(state, mark[0].length)
  } else if (rest.startsWith('\\')) hide(state, 2)
  else if (rest.startsWith("'")) readSingle(state)
  else if (rest.startsWith('"')) readDouble(state)
  else if (rest.startsWith('#') && /(^|[\s;])$/.test(state.out)) hideLine(state)
  else if (rest.startsWith('\n')) readLineEnd(state)
  else keep(state, 1)
}

function readSingle(state: State): void {
  const end = state.text.indexOf("'", state.at + 1)
  keep(state, 1)
  hide(state, end < 0 ? state.text.length - state.at : end - state.at)
  keep(state, 1)
}

function readDouble(state: State): void {
  let [isCommand, isInner] = [false, false]
  keep(state, 1)
  while (state.at < state.text.length) {
    const next = state.text[state.at] ?? ''
    if (next === '"' && !isCommand) return keep(state, 1)
    if (next === '`') isCommand = !isCommand
    else if (next === '"') isInner = !isInner
    else if (isInner && /[\s;|&<>()^]/.test(next)) state.brokenWords.push(state.line)
    hide(state, next === '\\' ? 2 : 1)
  }
}

function readLineEnd(state: State): void {
  keep(state, 1)
  for (const mark of state.marks.splice(0)) {
    while (state.at < state.text.length) {
      const isEnd = lineAt(state) === mark
      hideLine(state)
      keep(state, 1)
      if (isEnd) break
    }
  }
}

function lineAt({ text, at }: State): string {
  const end = text.indexOf('\n', at)
  return text.slice(at, end < 0 ? text.length : end)
}

function keep(state: State, count: number): void {
  move(state, count, (part) => part)
}

function hide(state: State, count: number): void {
  move(state, count, (part) => part.replaceAll(/[^\n]/g, '_'))
}

function hideLine(state: State): void {
  state.at += lineAt(state).length
}

function move(state: State, count: number, show: (part: string) => string): void {
  const part = state.text.slice(state.at, state.at + count)
  state.out += show(part)
  state.at += count
  state.line += part.split('\n').length - 1
}
