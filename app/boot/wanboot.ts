// What wanboot-cgi answers for an armed host.
import { renderSystemConf, renderWanbootConf } from '#core/boot/wanboot.ts'
import type { WanbootAsked } from '#core/boot/wanboot-query.ts'
import { assertPlainServer } from '#core/boot/site.ts'
import { ProvisionError } from '#core/errors.ts'
import type { Host } from '#core/host.ts'
import type { Netboot } from '../ports/netboot.ts'
import type { Clock } from '../ports/queue.ts'

interface Needs {
  netboot: Netboot
  clock: Clock
}

export interface WanbootHost {
  host: Pick<Host, 'name' | 'arch'>
  /** how the host reaches this server */
  server: string
  /** of its window; asked for only where it is needed */
  token: () => Promise<string>
}

/** Bytes, or the name of a medium that is sent. */
export type WanbootPayload = { bytes: Uint8Array } | { medium: string; size: number }

/** @throws MediumMissing, BootAddressNeeded, BootHttpNeeded, ProgramMissing */
export async function wanbootPayload(
  asked: WanbootAsked,
  known: WanbootHost,
  needs: Needs,
): Promise<WanbootPayload> {
  const { arch } = known.host
  if (asked.content === 'bootfile') return findMedium('wanboot', arch, needs)
  const miniroot = await findMedium('miniroot', arch, needs)
  if (asked.content === 'rootfs') return { bytes: new TextEncoder().encode(String(miniroot.size)) }
  const wanboot = await findMedium('wanboot', arch, needs)
  const { server } = known
  assertPlainServer(known)
  const documents = `${server}/js/${known.host.name}/${await known.token()}`
  const now = needs.clock.now()
  const hosts = `127.0.0.1\tlocalhost\n${new URL(server).hostname}\twanboot-server\n`
  const files = {
    'wanboot.conf': renderWanbootConf({
      server,
      documents,
      wanbootFile: wanboot.medium,
      minirootFile: miniroot.medium,
    }),
    'system.conf': renderSystemConf({ documents }),
    nonce: asked.nonce,
    timestamp: String(Math.floor(now.getTime() / 1000)),
    'etc/hosts': hosts,
    'etc/inet/hosts': hosts,
  }
  return { bytes: await needs.netboot.makeImage(files, now) }
}

/** `miniroot.sun4u` before `miniroot`. @throws MediumMissing */
async function findMedium(
  name: string,
  arch: string,
  { netboot }: Needs,
): Promise<{ medium: string; size: number }> {
  for (const medium of [`${name}.${arch}`, name]) {
    const found = await netboot.media.find(medium)
    if (found) return { medium, size: found.size }
  }
  throw new ProvisionError(
    'missing',
    'MediumMissing',
    `there is no ${name}.${arch} and no ${name} in the directory wanboot of the media`,
  )
}
