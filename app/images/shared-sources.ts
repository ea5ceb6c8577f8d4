// What everybody may have of the templates, read once for all who ask at the same time.
import type { Client } from '#core/client.ts'
import { readableSources, type ImageNeeds, type ImageReader, type Sources } from './sources.ts'

/** As `readableSources`. */
export type ReadSources = (reader: ImageReader) => Promise<Sources>

/**
 * Lists cost what all versions cost, and anybody may ask for them: without a token those who come while a list is read get the
 * same one. Nothing is kept beyond that, so that what is closed or revoked is gone at once.
 */
export function createSharedSources(needs: ImageNeeds): ReadSources {
  const running = new Map<Client, Promise<Sources>>()
  return (reader) => {
    const { client, token } = reader
    if (token) return readableSources(reader, needs)
    const there = running.get(client)
    if (there) return there
    const reading = readableSources(reader, needs).finally(() => running.delete(client))
    running.set(client, reading)
    return reading
  }
}
