// What JumpStart's installer fetches while its host is armed: config.tar, or the files of it one by one (wanboot).
import { createHash } from 'node:crypto'
import type { Express } from 'express'
import { readJumpStartScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { refuseRevokedInstall } from '#app/channels/install-block.ts'
import { readJumpStartDocuments } from '#app/jumpstart-documents.ts'
import { legacyUrl } from '#core/config.ts'
import { nothingHere } from '#core/errors.ts'
import { renderConfigTar } from '#core/jumpstart/documents/config-tar.ts'
import { findDocument, isRendered, type JumpStartDocument } from '#core/jumpstart/documents/documents.ts'
import { Plan } from '#core/plan/schema.ts'
import { sendBytes } from './send-bytes.ts'
import type { Services } from './services.ts'
import type { ArmedRequest, WhileArmed } from './while-armed.ts'

/** Mounts them; it comes last below /js/:host/:token/, since the JumpStart directory may have files of any name. */
export function mountJumpStartDocuments(app: Express, services: Services, whileArmed: WhileArmed): void {
  const documentsOf = async ({ install, token }: ArmedRequest): Promise<JumpStartDocument[]> => {
    const refusal = await refuseRevokedInstall(install, services)
    if (refusal) throw refusal
    const plan = Plan.parse(install.plan)
    const scripts = await readJumpStartScripts()
    const { config } = services
    const urls = { baseUrl: config.url, installerUrl: legacyUrl(config) }
    return readJumpStartDocuments({ plan, token, ...urls }, { ...services, scripts })
  }

  app.get(
    '/js/:host/:token/config.tar',
    whileArmed(async (armed) => {
      const { createdAt } = Plan.parse(armed.install.plan)
      const mtime = Math.floor(Date.parse(createdAt) / 1000)
      const bytes = renderConfigTar(await documentsOf(armed), mtime)
      await sendDigested(armed, bytes)
    }),
  )

  app.get(
    '/js/:host/:token/*path',
    whileArmed(async (armed) => {
      const asked = armed.request.params['path']
      const path = Array.isArray(asked) ? asked.join('/') : String(asked)
      // a host that JumpStart does not install has no directory, and no files of any name in it
      if (!Plan.parse(armed.install.plan).jumpstart && !isRendered(path)) throw nothingHere()
      const { text } = findDocument(await documentsOf(armed), path, armed.install.host)
      await sendDigested(armed, new TextEncoder().encode(text))
    }),
  )
}

function sendDigested({ request, response }: ArmedRequest, bytes: Uint8Array): Promise<void> {
  return sendBytes(request, response, bytes, createHash('sha256').update(bytes).digest('hex'))
}
