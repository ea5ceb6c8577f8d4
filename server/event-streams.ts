// Streams of events have no end of their own: a server that stops cuts them, and their readers come again.
import type { Server, ServerResponse } from 'node:http'

/** Watches the answers under way; returns what cuts those that are streams of events. */
export function watchEventStreams(server: Server): () => void {
  const open = new Set<ServerResponse>()
  server.on('request', (_request, response: ServerResponse) => {
    open.add(response)
    response.once('close', () => open.delete(response))
  })
  return () => {
    for (const response of open)
      if (String(response.getHeader('content-type')).startsWith('text/event-stream')) response.destroy()
  }
}
