// `--interface 'bge0=192.0.2.10/24,router=192.0.2.1'`: an interface of a host that is installed as a whole.
import { HostInterface } from '#core/host.ts'
import { usageFailure } from './failures.ts'

const FORM = 'NAME=ADDRESS/BITS or NAME=dhcp, then any of ,router=ADDRESS ,hostname=NAME ,primary ,ipv6'

/** All of them; `none` for a host without any. */
export function parseInterfaces(texts: readonly string[]): HostInterface[] {
  return texts.length === 1 && texts[0] === 'none' ? [] : texts.map(interfaceOf)
}

function interfaceOf(text: string): HostInterface {
  const [first = '', ...words] = text.split(',')
  const [, name, address] = /^([^=]+)=(.+)$/.exec(first) ?? []
  if (name === undefined || address === undefined) throw unreadable(text)
  const given: Record<string, unknown> = { name, ...(address !== 'dhcp' && { address }) }
  for (const word of words) {
    const [key = '', value] = word.split('=', 2)
    if (value === undefined && (key === 'primary' || key === 'ipv6')) given[key] = true
    else if (value !== undefined && key === 'router') given['defaultRoute'] = value
    else if (value !== undefined && key === 'hostname') given['hostname'] = value
    else throw unreadable(text)
  }
  const parsed = HostInterface.safeParse(given)
  if (parsed.success) return parsed.data
  throw usageFailure(
    `--interface is ${JSON.stringify(text)}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`,
  )
}

/** As the option takes it. */
export function interfaceText({
  name,
  address,
  defaultRoute,
  hostname,
  primary,
  ipv6,
}: HostInterface): string {
  return [
    `${name}=${address ?? 'dhcp'}`,
    ...(defaultRoute === undefined ? [] : [`router=${defaultRoute}`]),
    ...(hostname === undefined ? [] : [`hostname=${hostname}`]),
    ...(primary === true ? ['primary'] : []),
    ...(ipv6 ? ['ipv6'] : []),
  ].join(',')
}

function unreadable(text: string): Error {
  return usageFailure(`--interface is ${JSON.stringify(text)}, expected ${FORM}`)
}
