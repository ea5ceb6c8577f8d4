import { ProvisionError } from './errors.ts'

/** What PostgreSQL (classes 08 and 57P), Redis and sockets say when the other side went away. */
const gone = /^(08...|57P0.|53300|ECONN[A-Z]*|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN)$/
const goneWords =
  /connection (terminated|is closed)|terminating connection|timeout exceeded when trying to connect/i

/** Whether the same may succeed a little later: a host, a database or a queue is away. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ProvisionError) return error.kind === 'unavailable'
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    gone.test(code) || goneWords.test(error.message) || (error.cause !== undefined && mayPass(error.cause))
  )
}
