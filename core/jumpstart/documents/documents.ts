// What a host's installer finds in its JumpStart directory, whichever way it comes: files by name, or one tar of all of them.
import { ProvisionError } from '../../errors.ts'
import type { Plan } from '../../plan/schema.ts'
import { checkedOf } from '../checked.ts'
import { CUSTOM_PROBES } from '../paths.ts'
import { renderRulesOk, withChecksum } from '../rules/rules-ok.ts'
import type { JumpStartDirectory } from '../directory.ts'

export interface JumpStartDocument {
  /** relative to the directory */
  path: string
  text: string
  /** permission bits */
  mode: number
}

interface DocumentsInput {
  plan: Plan
  directory: JumpStartDirectory
  /** as rendered for the host */
  begin: string
  finish: string
}

const SCRIPT = 0o755
const PLAIN = 0o644
/** it holds the hash of root's password */
const SECRET = 0o600

const RENDERED = ['rules', 'rules.ok', 'sysidcfg', 'begin', 'profile', 'finish']

/** Whether the server renders it, of a masked plan without its secrets; other files are what somebody stored, passwords and all. */
export const isRendered = (path: string): boolean => RENDERED.includes(path)

/** In a fixed order: what the server renders, then the directory's files by name. @throws JumpStartNotPlanned */
export function jumpStartDocuments({ plan, directory, begin, finish }: DocumentsInput): JumpStartDocument[] {
  const { jumpstart, host } = plan
  if (!jumpstart) {
    throw new ProvisionError(
      'missing',
      'JumpStartNotPlanned',
      `host ${host} is not armed for JumpStart: its profile has no jumpstart`,
    )
  }
  const { rules } = checkedOf(directory)
  const files = Object.entries(directory.files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const probes = files.find(([path]) => path === CUSTOM_PROBES)?.[1]
  return [
    { path: 'rules', text: withLineEnd(directory.rules), mode: PLAIN },
    { path: 'rules.ok', text: renderRulesOk(rules), mode: PLAIN },
    { path: 'sysidcfg', text: jumpstart.sysidcfg, mode: SECRET },
    { path: 'begin', text: begin, mode: SCRIPT },
    ...(jumpstart.installProfile === undefined
      ? []
      : [{ path: 'profile', text: withLineEnd(jumpstart.installProfile), mode: PLAIN }]),
    { path: 'finish', text: finish, mode: SCRIPT },
    ...(probes
      ? [{ path: `${CUSTOM_PROBES}.ok`, text: withChecksum(withLineEnd(probes.text)), mode: SCRIPT }]
      : []),
    ...files.map(([path, { text, mode }]) => ({ path, text, mode: mode & 0o111 ? SCRIPT : PLAIN })),
  ]
}

/** @throws DocumentNotFound */
export function findDocument(
  documents: readonly JumpStartDocument[],
  path: string,
  host: string,
): JumpStartDocument {
  const found = documents.find((document) => document.path === path)
  if (found) return found
  throw new ProvisionError(
    'missing',
    'DocumentNotFound',
    `the JumpStart directory of host ${host} has no ${JSON.stringify(path)}, expected one of ${documents
      .map((one) => one.path)
      .slice(0, 20)
      .join(', ')}`,
  )
}

function withLineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
