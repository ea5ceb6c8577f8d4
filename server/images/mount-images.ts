// The surfaces of clients that people already have: IMGAPI for imgadm, the catalogue for zadm and zap.
import type { Express } from 'express'
import { Md5s } from '#app/images/md5-of.ts'
import { createSharedSources } from '#app/images/shared-sources.ts'
import type { ProcessShared } from '../process-shared.ts'
import type { Services } from '../services.ts'
import { mountMedia } from './media-routes.ts'
import { mountImagePublishing } from './publish-routes.ts'
import { mountImageReads } from './read-routes.ts'
import { malformedPath } from './reply.ts'

/** What imgadm and zadm read, and the routes by which images are published. */
export function mountImages(app: Express, services: Services, { sending, wrongTokens }: ProcessShared): void {
  const needs = {
    services,
    tokens: services.tokens,
    wrongTokens,
    md5s: new Md5s(services),
    sending,
    readSources: createSharedSources(services),
  }
  mountImageReads(app, needs)
  mountImagePublishing(app, needs)
  mountMedia(app, needs)
  app.use(malformedPath)
}
