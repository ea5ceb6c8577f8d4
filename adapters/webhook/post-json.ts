// Tells a webhook of others something.

/** An address that does not answer must not hold up what tells it. */
const TIMEOUT_MS = 10_000

/** @throws when the address does not answer in time, or with another status than 2xx */
export async function postJson(url: string, body: object): Promise<void> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'zoneflash' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  await reply.body?.cancel()
  if (!reply.ok) throw new Error(`it answered ${reply.status}`)
}
