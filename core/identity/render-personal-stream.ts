// Puts a personal stream together: identity, configuration and the zonepath's own mode, as an increment on the template's snapshot.
import { MAX_DETACHED_XML } from '../archive/detached-xml.ts'
import { DETACHED_XML } from '../archive/layout.ts'
import { ProvisionError } from '../errors.ts'
import { joinBytes } from '../join-bytes.ts'
import type { Change } from '../zfs/write/change.ts'
import { renderIncrement } from '../zfs/write/increment.ts'
import { identityOf } from './identity.ts'
import type { PersonalStreamRequest, RenderPersonalStream } from './personal-stream.ts'
import { zoneDocument } from './zone-document.ts'
import { zonerootIndex } from './zoneroot-index.ts'

/** left by an attach that was forced */
const ATTACHED_XML = 'SUNWattached.xml'
/** zoneadm refuses a zonepath that others may enter */
const ZONEPATH_MODE = 0o700

/**
 * Renders it.
 * @throws IdentityRefused when the template's tree is no place for an identity, ZonecfgCommandsInvalid when the profile does not fit the template's
 *   configuration, UnsupportedZfsStream when nothing can be written onto the base
 */
export const renderPersonalStream: RenderPersonalStream = async (request) => {
  const { base, tree, zone, material, readFile, now } = request
  const root = tree.nodes.find(({ path }) => path === 'root')
  if (root?.type !== 'directory') {
    throw new ProvisionError(
      'conflict',
      'IdentityRefused',
      `the stream of ${zone.template}@${zone.version} holds no zoneroot`,
    )
  }
  const changes = await identityOf({
    entries: zonerootIndex(tree),
    zone,
    material,
    readFile: (path) => readFile(`root/${path}`),
    attached: true,
  })
  const increment = renderIncrement({
    base,
    tree,
    changes: [...(await zonepathChanges(request)), ...changes.map(inZoneroot)],
    toName: `zoneflash/${zone.name}@identity`,
    clone: true,
    created: Math.floor(now.getTime() / 1000),
  })
  return whole(increment.bytes())
}

/** What lies beside the zoneroot. */
async function zonepathChanges(request: PersonalStreamRequest): Promise<Change[]> {
  const { tree, manifest, zone, release, readFile } = request
  const own = tree.nodes.find(({ path }) => path === DETACHED_XML)
  const isReadable = own?.type === 'file' && own.size <= MAX_DETACHED_XML
  const before = isReadable ? new TextDecoder().decode(await readFile(DETACHED_XML)) : undefined
  const text = zoneDocument({ manifest, zone, release, detachedXml: before })
  return [
    { kind: 'attributes', path: '.', mode: ZONEPATH_MODE, uid: 0, gid: 0 },
    { kind: 'remove', path: ATTACHED_XML },
    {
      kind: 'file',
      path: DETACHED_XML,
      mode: 0o644,
      uid: 0,
      gid: 0,
      contents: new TextEncoder().encode(text),
    },
  ]
}

function inZoneroot(change: Change): Change {
  return { ...change, path: `root/${change.path}` }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return joinBytes(pieces)
}
