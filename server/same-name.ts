// A thing is put at the address that bears its name.
import { ProvisionError } from '#core/errors.ts'

/** @throws InvalidRequest when the body names another thing than the path */
export function refuseOtherName(what: string, inPath: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody === inPath) return
  throw new ProvisionError(
    'invalid',
    'InvalidRequest',
    `body: name is ${inBody}, expected ${inPath} as in the path, a ${what} keeps its name`,
  )
}
