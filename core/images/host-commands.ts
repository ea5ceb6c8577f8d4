// What is typed on an illumos host so that the clients it has already find this server's images.
import type { Host } from '../host.ts'

export interface ClientCommand {
  client: 'imgadm' | 'zadm'
  command: string
  /** what is to be known of it */
  note: string
}

/** Where somebody's own token goes; a token is shown nowhere but once. */
const TOKEN = 'TOKEN'

/** `url`: how hosts reach the server, without a slash at its end. None for hosts that have no such clients. */
export function clientCommands(
  { name, release }: Pick<Host, 'name' | 'release'>,
  url: string,
): ClientCommand[] {
  if (release !== 'illumos') return []
  const withToken = `for others: ${url}/t/${TOKEN}, with the token of \`zoneflash token create ${name} --role reader\``
  return [
    {
      client: 'imgadm',
      command: `imgadm sources -a ${url}`,
      note: `templates that are open to imgadm; ${withToken}`,
    },
    {
      client: 'zadm',
      command: `curl -fsSo /opt/ooce/zadm/lib/Zadm/Image/Zoneflash.pm ${url}/media/Zoneflash.pm`,
      note: `templates that are open to zadm; ${withToken}`,
    },
  ]
}
