// Asks the workers for the forms that versions still lack for the clients their templates are open to.
import { ProvisionError } from '#core/errors.ts'
import { wantedForms } from '#core/images/wanted-forms.ts'
import { conversionJob, requestConversion } from '../convert/request-conversion.ts'
import type { JobQueue } from '../ports/queue.ts'
import { readableSources, type ImageNeeds } from './sources.ts'

interface Needs extends ImageNeeds {
  queue: JobQueue
}

export interface RequestedForms {
  /** ids of jobs */
  jobs: string[]
  /** of versions that have nothing to make them of, in words */
  refused: string[]
}

/**
 * Asks for the forms of every version, or of those of `template`. What failed for good is asked for again only where a person asks.
 * @throws what the queue does
 */
export async function requestImageForms(
  { template, actor, again }: { template?: string; actor: string; again: boolean },
  needs: Needs,
): Promise<RequestedForms> {
  const requested: RequestedForms = { jobs: [], refused: [] }
  for (const client of ['imgadm', 'zadm'] as const) {
    const open = new Set(
      (await needs.catalog.listTemplates())
        .filter(({ name, openTo }) => openTo.includes(client) && (template ?? name) === name)
        .map(({ name }) => name),
    )
    if (open.size === 0) continue
    const { all, find } = await readableSources({ client }, needs)
    for (const source of all.filter((one) => open.has(one.template))) {
      for (const form of wantedForms(source, [client], find)) {
        const wanted = { template: source.template, version: source.version, ...form }
        if (!again && (await needs.queue.status(conversionJob(wanted)))?.state === 'failed') continue
        await request({ ...wanted, actor }, needs, requested)
      }
    }
  }
  return requested
}

async function request(
  wanted: Parameters<typeof requestConversion>[0],
  needs: Needs,
  requested: RequestedForms,
): Promise<void> {
  try {
    const { job } = await requestConversion(wanted, needs)
    if (job !== undefined && !requested.jobs.includes(job)) requested.jobs.push(job)
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.kind === 'unavailable') throw error
    requested.refused.push(error.message)
  }
}
