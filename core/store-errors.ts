import { ProvisionError } from './errors.ts'
import type { TemplateKind } from './manifest.ts'
import { quoted } from './quoted.ts'
import type { VersionState } from './version-state.ts'

/** The failures that every implementation of the stores in app/ports/ reports in the same words. */

export const zoneNotFound = (host: string, zone: string) =>
  new ProvisionError(
    'missing',
    'ZoneNotFound',
    `no zone ${quoted(zone)} is known on host ${quoted(host)}, see \`zone list\``,
  )

export const templateNotFound = (name: string) =>
  new ProvisionError('missing', 'TemplateNotFound', `there is no template ${quoted(name)}`)

export const templateKindMixed = (template: string, kind: TemplateKind, there: TemplateKind) =>
  new ProvisionError(
    'conflict',
    'TemplateKindMixed',
    `template ${quoted(template)} is of kind ${there}, this version is of kind ${kind}: expected a template of its own`,
  )

export const versionNotFound = (template: string, version: string) =>
  new ProvisionError(
    'missing',
    'VersionNotFound',
    `there is no version or channel ${quoted(`${template}@${version}`)}`,
  )

export const versionExists = (template: string, version: string, state: VersionState) =>
  new ProvisionError(
    'conflict',
    'VersionExists',
    `version ${template}@${version} exists and is ${state}, a version is never overwritten`,
  )

export const versionDeleted = (template: string, version: string) =>
  new ProvisionError(
    'conflict',
    'VersionDeleted',
    `version ${template}@${version} was deleted, its name is not used again: whoever fetched it may still hold its bytes, expected another name`,
  )

export const wrongState = (template: string, version: string, state: VersionState, expected: string) =>
  new ProvisionError(
    'conflict',
    'WrongState',
    `version ${template}@${version} is ${state}, expected ${expected}`,
  )

export const versionInUse = (template: string, version: string, user: string) =>
  new ProvisionError('conflict', 'VersionInUse', `version ${template}@${version} is still used by ${user}`)

export const blobCollected = (template: string, version: string, sha256: string) =>
  new ProvisionError(
    'unavailable',
    'BlobCollected',
    `the bytes sha256:${sha256} of ${template}@${version} were collected as garbage before it was recorded, expected them to be sent again`,
  )

export const hostNotFound = (name: string) =>
  new ProvisionError('missing', 'HostNotFound', `there is no host ${quoted(name)}`)

export const hostExists = (name: string) =>
  new ProvisionError('conflict', 'HostExists', `host ${quoted(name)} exists`)

export const profileNotFound = (name: string) =>
  new ProvisionError('missing', 'ProfileNotFound', `there is no profile ${quoted(name)}`)

export const revisionNotFound = (revision: number) =>
  new ProvisionError(
    'missing',
    'RevisionNotFound',
    `there is no revision ${revision} of the JumpStart directory, see \`rules history\``,
  )

export const jumpStartChanged = (expected: number) =>
  new ProvisionError(
    'conflict',
    'JumpStartChanged',
    `revision ${expected} of the JumpStart directory is not the latest, expected to change the latest one`,
  )

export const scheduleNotFound = (name: string) =>
  new ProvisionError('missing', 'ScheduleNotFound', `there is no schedule ${quoted(name)}`)

export const tokenNotFound = (id: string) =>
  new ProvisionError('missing', 'TokenNotFound', `there is no token ${quoted(id)}`)

export const installNotFound = (id: string) =>
  new ProvisionError('missing', 'InstallNotFound', `there is no install ${quoted(id)}`)

export const installClosed = (id: string, state: string) =>
  new ProvisionError('conflict', 'InstallClosed', `install ${id} is ${state}, it takes no more events`)

/** How many events one install may have: a host in a loop must not fill the database. */
export const MAX_INSTALL_EVENTS = 10_000

export const tooManyEvents = (id: string) =>
  new ProvisionError(
    'too-large',
    'TooManyEvents',
    `install ${id} has ${MAX_INSTALL_EVENTS} events, it takes no more`,
  )

export const buildNotFound = (id: string) =>
  new ProvisionError('missing', 'BuildNotFound', `there is no build ${quoted(id)}`)

export const buildAmbiguous = (prefix: string) =>
  new ProvisionError(
    'conflict',
    'BuildAmbiguous',
    `more than one build begins with ${quoted(prefix)}, expected more of its id`,
  )

export const buildExists = (template: string, version: string) =>
  new ProvisionError(
    'conflict',
    'VersionExists',
    `another build makes version ${template}@${version}, expected another name`,
  )
