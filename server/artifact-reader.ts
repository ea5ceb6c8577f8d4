// Who asks for bytes: by a token in the path, the query or a header, or nobody known.
import type { Request, Response } from 'express'
import { z } from 'zod'
import { beganBefore } from '#app/channels/install-block.ts'
import type { ArtifactReader } from '#app/find-artifact.ts'
import { plannedVersions } from '#app/planned-versions.ts'
import type { Install } from '#app/ports/installs.ts'
import { bearerSecret } from './auth.ts'
import { createOpenInstall } from './open-install.ts'
import type { Services } from './services.ts'
import type { WrongTokens } from './wrong-tokens.ts'

/** Undefined for an address below /js/:host/:token whose token does not open. @throws TooManyWrongTokens */
export type ReaderOf = (request: Request, response: Response) => Promise<ArtifactReader | undefined>

export function createReaderOf(services: Services, wrongTokens: WrongTokens): ReaderOf {
  const openInstall = createOpenInstall(services.installs, wrongTokens)
  return async (request, response) => {
    if (request.params['token'] !== undefined) {
      const install = await openInstall(request, response)
      return install && installReader(install, services.installs)
    }
    const secret = secretOf(request)
    if (secret === undefined) return { kind: 'anyone' }
    const lookUp = (one: string) => findReader(one, services)
    return (await wrongTokens.check(secret, { request, response }, lookUp)) ?? { kind: 'anyone' }
  }
}

/** An API token, as bearer only; or an install token, as bearer or `?token=`. */
function secretOf(request: Request): string | undefined {
  const bearer = bearerSecret(request)
  if (bearer !== undefined) return bearer
  const inQuery = z.string().max(256).safeParse(request.query['token']).data
  return inQuery?.startsWith('zf_') ? undefined : inQuery
}

async function findReader(
  secret: string,
  { tokens, installs }: Services,
): Promise<ArtifactReader | undefined> {
  const token = secret.startsWith('zf_') ? await tokens.authenticate(secret) : undefined
  if (token) return { kind: 'token', token }
  const install = await installs.authenticateToken(secret)
  return install && installReader(install, installs)
}

function installReader(install: Install, installs: Services['installs']): ArtifactReader {
  return {
    kind: 'install',
    planned: plannedVersions(install.plan),
    beganBefore: (moment) => beganBefore(install.id, moment, installs),
  }
}
