// A call that may be refused, as a value: what it returned, or the code of the ProvisionError. Anything else is a bug.
import { ProvisionError } from '#core/errors.ts'

export function attempt<T>(call: () => T): { value: T } | { code: string } {
  try {
    return { value: call() }
  } catch (error) {
    if (error instanceof ProvisionError) return { code: error.code }
    throw error
  }
}
