// How a change that cannot be made is refused.
import { quoted } from '../../../quoted.ts'
import { ProvisionError } from '../../../errors.ts'

/** `"root/etc/x" cannot become a file: …` */
export function invalidChange(path: string, what: string): ProvisionError {
  return new ProvisionError('invalid', 'ChangeInvalid', `${quoted(path)} ${what}`)
}
