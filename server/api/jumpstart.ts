// The JumpStart directory: rules, and the files that they name, in revisions.
import { z } from 'zod'
import { currentDirectory, type CurrentDirectory } from '#app/jumpstart/current-directory.ts'
import { matchHost } from '#app/jumpstart/match-host.ts'
import { readRevision } from '#app/jumpstart/revisions.ts'
import { setRules } from '#app/jumpstart/set-rules.ts'
import { ProvisionError } from '#core/errors.ts'
import { checkedOf } from '#core/jumpstart/checked.ts'
import { FileChanges, JumpStartFile, RulesText } from '#core/jumpstart/directory.ts'
import { ownDirectory } from '#core/jumpstart/documents/host-rules.ts'
import { explainMatch, HostRules } from '#core/jumpstart/rules/explain.ts'
import { renderRulesOk } from '#core/jumpstart/rules/rules-ok.ts'
import { HostName } from '#core/names.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const Revision = z.union([
  z.literal('latest'),
  z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .transform(Number),
])
const OneRevision = z.strictObject({ revision: Revision })
const Limit = z.coerce.number().int().min(1).max(1000)

const Problem = z.object({
  severity: z.enum(['error', 'warning']),
  file: z.string(),
  line: z.int(),
  message: z.string(),
})
const Note = z.object({
  revision: z.int().describe('0: nothing is stored, the rules are the server’s own'),
  actor: z.string().optional(),
  why: z.string().optional(),
  at: z.iso.datetime().optional(),
})
const DirectoryReply = Note.extend({
  rules: z.string(),
  files: z.array(z.object({ path: z.string(), mode: z.int(), size: z.int().describe('characters') })),
}).meta({ id: 'JumpStartDirectory' })

const Change = z.strictObject({
  rules: RulesText.optional().describe('absent: they stay'),
  files: FileChanges.optional().describe('null removes a file; what is not named stays'),
  expected: z.int().min(0).optional().describe('refused when another revision is the latest'),
  why: z.string().max(1024).optional(),
  force: z.boolean().default(false),
})

export const jumpStartRoutes = (services: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/jumpstart/revisions',
    role: 'viewer',
    summary: 'Revisions of the JumpStart directory, the newest first',
    query: z.strictObject({ limit: Limit.default(100) }),
    reply: z.array(Note),
    handle: ({ query }) => services.jumpstart.list(query.limit),
  }),
  route({
    method: 'get',
    path: '/api/v1/jumpstart/revisions/:revision',
    role: 'viewer',
    summary: 'Rules and list of files of a revision, or of the latest',
    params: OneRevision,
    reply: DirectoryReply,
    async handle({ params }) {
      const { files, ...directory } = await revisionOf(params.revision, services)
      return {
        ...directory,
        files: Object.entries(files).map(([path, { mode, text }]) => ({ path, mode, size: text.length })),
      }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/jumpstart/revisions/:revision/rules.ok',
    role: 'viewer',
    summary: 'What clients read: the rules without comments, with version and checksum',
    params: OneRevision,
    media: 'text/plain',
    reply: z.string(),
    async handle({ params }) {
      return renderRulesOk(checkedOf(await revisionOf(params.revision, services)).rules)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/jumpstart/revisions/:revision/file',
    role: 'operator',
    summary: 'One file with its text, which may hold secrets',
    params: OneRevision,
    query: z.strictObject({ path: z.string().max(200) }),
    reply: JumpStartFile,
    async handle({ params, query }) {
      const { revision, files } = await revisionOf(params.revision, services)
      const file = Object.hasOwn(files, query.path) ? files[query.path] : undefined
      if (file) return file
      throw new ProvisionError(
        'missing',
        'JumpStartFileNotFound',
        `there is no file ${JSON.stringify(query.path)} in revision ${revision} of the JumpStart directory`,
      )
    },
  }),
  route({
    method: 'patch',
    path: '/api/v1/jumpstart',
    role: 'publisher',
    summary:
      'Change rules and files together; refused when it breaks a host that matches today, unless forced',
    body: Change,
    bodyLimit: '32mb',
    reply: z.object({
      revision: z.int(),
      unchanged: z.boolean(),
      problems: z.array(Problem),
      broken: z.array(z.object({ host: z.string(), why: z.string() })),
    }),
    async handle({ body, token }) {
      const { directory, ...changed } = await setRules({ ...body, actor: token.name }, services)
      return { revision: directory.revision, ...changed }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/hosts/:name/rules',
    role: 'viewer',
    summary: 'Which rule a host gets: each rule up to it, which term failed, and why',
    params: z.strictObject({ name: HostName }),
    reply: HostRules.extend({ revision: z.int() }).meta({ id: 'HostRules' }),
    async handle({ params }) {
      const { directory, facts, match, outcome } = await matchHost({ host: params.name }, services)
      return { revision: directory.revision, ...explainMatch(facts.hostname, match, outcome) }
    },
  }),
]

/** @throws RevisionNotFound */
async function revisionOf(revision: z.infer<typeof Revision>, services: Services): Promise<CurrentDirectory> {
  if (revision === 'latest') return currentDirectory(services)
  return revision === 0 ? ownDirectory() : readRevision(services.jumpstart, revision)
}
