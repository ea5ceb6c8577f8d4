// The server's URL, as scripts hold it.
import { ProvisionError } from '../errors.ts'

/** An URL that a configuration file of curl or wget can hold as it is. @throws BaseUrlInvalid */
export function plainUrl(text: string): string {
  if (!/^https?:\/\/[A-Za-z0-9.:[\]_-]+(\/[A-Za-z0-9._~/-]*)?$/.test(text)) {
    throw new ProvisionError(
      'invalid',
      'BaseUrlInvalid',
      `the server's URL is ${JSON.stringify(text)}, expected http(s)://host[:port][/path]`,
    )
  }
  return text.replace(/\/+$/, '')
}
