// The lines of a comparison as people read them: + added, - removed, ~ changed; a directory that is all new is one line.
import type { Counts, DiffLine, FactKind, FileLine, FileSide, TotalLine } from '#core/diff/line.ts'
import { renderMode, renderName, renderTime } from './output.ts'

export interface RenderedLine {
  of: DiffLine
  /** the section that it stands in */
  heading?: FactKind | 'file'
  text: string
  /** the line as it came; absent where one of ours stands for many */
  json?: string
}

const sign = { added: '+', removed: '-', changed: '~' } as const

const headings: Record<FactKind | 'file', string> = {
  package: 'packages',
  service: 'services',
  user: 'users',
  group: 'groups',
  port: 'ports',
  setuid: 'setuid files',
  file: 'files',
}

export const sectionHeading = (heading: string): string => `${headings[heading as FactKind | 'file']}\n`

/** A directory that was added or removed, while all that follows lies below it and went the same way. */
interface Collapsed {
  line: FileLine
  below: number
}

export async function* renderDiff(
  lines: AsyncIterable<{ line: DiffLine; json: string }>,
  { all }: { all: boolean },
): AsyncGenerator<RenderedLine> {
  let collapsed: Collapsed | undefined
  for await (const { line, json } of lines) {
    if (collapsed && line.kind === 'file' && isBelow(line, collapsed.line)) {
      collapsed.below += 1
      yield { of: line, heading: 'file', text: '', json }
      continue
    }
    if (collapsed) {
      yield { of: collapsed.line, heading: 'file', text: renderCollapsed(collapsed) }
      collapsed = undefined
    }
    if (!all && line.kind === 'file' && isWholeDirectory(line)) {
      collapsed = { line, below: 0 }
      yield { of: line, heading: 'file', text: '', json }
    } else {
      yield { ...renderLine(line), json }
    }
  }
}

function isWholeDirectory({ change, before, after }: FileLine): boolean {
  return change !== 'changed' && (before ?? after)?.type === 'directory'
}

function isBelow({ change, path }: FileLine, top: FileLine): boolean {
  return change === top.change && path.startsWith(`${top.path}/`)
}

function renderCollapsed({ line, below }: Collapsed): string {
  const rest = below === 0 ? '' : `  and ${below} below it`
  return `${renderFile(line)}/${rest}\n`
}

function renderLine(line: DiffLine): RenderedLine {
  switch (line.kind) {
    case 'versions':
      return {
        of: line,
        text: `${line.from.template}@${line.from.version} -> ${line.to.template}@${line.to.version}\n`,
      }
    case 'notice':
      return { of: line, text: `note: ${renderName(line.text)}\n` }
    case 'total':
      return { of: line, text: '' }
    case 'file':
      return { of: line, heading: 'file', text: `${renderFile(line)}\n` }
    default: {
      const states = [line.before, line.after].filter((state) => state !== undefined).join(' -> ')
      const text = `  ${sign[line.change]} ${renderName(line.name)}  ${renderName(states)}\n`
      return { of: line, heading: line.kind, text }
    }
  }
}

function renderFile({ change, path, what, before, after }: FileLine): string {
  const place = `  ${sign[change]} ${renderName(path)}`
  if (!before || !after) {
    const side = before ?? after
    return side?.link === undefined ? place : `${place} -> ${renderName(side.link)}`
  }
  const changes = (what ?? []).flatMap((one) => {
    if (one === 'time' && what?.length !== 1) return []
    if (one === 'content') return ['content']
    const [old, current] = [valueOf(one, before), valueOf(one, after)]
    return [`${one} ${old} -> ${current}`]
  })
  return `${place}  ${changes.join(', ')}`
}

function valueOf(what: NonNullable<FileLine['what']>[number], side: FileSide): string {
  switch (what) {
    case 'mode':
      return renderMode(side)
    case 'owner':
      return `${side.uid}/${side.gid}`
    case 'link':
      return renderName(side.link ?? '-')
    case 'device':
      return side.device ?? '-'
    case 'time':
      return renderTime(side.mtime).replace(' ', 'T')
    case 'size':
      return String(side.size)
    default:
      return side.type
  }
}

/** One line for each section that has anything, and the files. */
export function renderTotals({ files, times, facts }: TotalLine): string {
  const sections = (Object.keys(headings) as (FactKind | 'file')[]).flatMap((kind) => {
    const counts = kind === 'file' ? files : facts[kind]
    return counts === undefined ? [] : [`${headings[kind].padEnd(13)} ${renderCounts(counts)}\n`]
  })
  const alone = times === 0 ? '' : `${times} ${times === 1 ? 'file differs' : 'files differ'} in time alone\n`
  return sections.join('') + alone
}

function renderCounts({ added, removed, changed }: Counts): string {
  return `${added} added, ${removed} removed, ${changed} changed`
}
