// Background jobs, looked at.
import { z } from 'zod'
import { ProvisionError } from '#core/errors.ts'
import { route, type Route } from '../route.ts'
import type { Services } from '../services.ts'

const JobStatus = z
  .object({
    id: z.string(),
    state: z.enum(['waiting', 'active', 'completed', 'failed', 'delayed', 'unknown']),
    progress: z.unknown(),
    error: z.string().optional(),
  })
  .meta({ id: 'JobStatus' })

export const jobRoutes = ({ queue }: Services): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/jobs/:id',
    role: 'viewer',
    summary: 'How far a job is; the record of what it makes is the truth',
    params: z.strictObject({ id: z.string().max(256) }),
    reply: JobStatus,
    async handle({ params }) {
      const status = await queue.status(params.id)
      if (status) return status
      throw new ProvisionError('missing', 'JobNotFound', `there is no job ${JSON.stringify(params.id)}`)
    },
  }),
]
