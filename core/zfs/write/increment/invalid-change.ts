/** How a change that cannot be made is refused. */
import { shown } from '../../../archive/refusals.ts'
import { ProvisionError } from '../../../errors.ts'

/** `"root/etc/x" cannot become a file: …` */
export function invalidChange(path: string, what: string): ProvisionError {
  return new ProvisionError('invalid', 'ChangeInvalid', `${shown(path)} ${what}`)
}
