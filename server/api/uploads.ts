// Mounts the two ways in which versions are uploaded: one multipart request, or resumable by tus.
import type { Express } from 'express'
import { openStreamIndexer } from '#adapters/archive/stream-indexer.ts'
import type { PushNeeds } from '#app/push-version.ts'
import type { RequireRole } from '../auth.ts'
import type { Services } from '../services.ts'
import { multipartUpload } from './multipart-uploads.ts'
import { tusUploads, uploadResult, UPLOADS_PATH } from './tus-uploads.ts'
import { UploadDrafts } from './upload-drafts.ts'

const SWEEP_MS = 60 * 60 * 1000

type UploadServices = Pick<Services, 'config' | 'catalog' | 'channels' | 'blobs' | 'audit' | 'clock' | 'log'>

/** Mounts the uploads, finishes those that were complete when the server died, and from then on forgets idle ones. */
export function mountUploads(app: Express, services: UploadServices, requireRole: RequireRole): void {
  const { config, catalog, channels, blobs, audit, clock, log } = services
  const needs: PushNeeds = {
    catalog,
    channels,
    blobs,
    audit,
    clock,
    limits: config.limits,
    indexer: openStreamIndexer(config),
  }
  const drafts = new UploadDrafts(needs)
  const onUnforeseen = (error: unknown) => log.error({ err: error }, 'unforeseen failure of an upload')

  app.post('/api/v1/templates/:name/versions', requireRole('publisher'), multipartUpload(needs))
  app.get(`${UPLOADS_PATH}/:id/result`, requireRole('publisher'), uploadResult(drafts))
  app.all([UPLOADS_PATH, `${UPLOADS_PATH}/:id`], requireRole('publisher'), tusUploads(drafts, onUnforeseen))

  const recover = () => drafts.recover().catch(onUnforeseen)
  void recover()
  setInterval(() => void recover(), SWEEP_MS).unref()
}
