/** The ACL and the flags word that say the same as a mode (zfs-stream.md 9). On Solaris the ACL decides, the mode does not. */

export interface AclEntry {
  type: 'allow' | 'deny'
  who: 'owner' | 'group' | 'everyone'
  mask: number
}

const whoFlags = { owner: 0x1000, group: 0x2040, everyone: 0x4000 } as const

const READ = 0x1
const WRITE = 0x6
const DELETE_CHILD = 0x40
const EXECUTE = 0x20
/** what an owner may do whatever the mode says, besides what everybody may */
const OWNER_ALWAYS = 0x1e0198
const ALWAYS = 0x120088
const OLD_OWNER_ALWAYS = 0xc0110
const OLD_ALL = READ | WRITE | EXECUTE

const TRIVIAL = 0x4n
const AUTOMATIC_INHERITANCE = 0x40n
/** Nobody is denied to execute: whoever asks is let through a directory without a look at its ACL. */
const NO_EXECS_DENIED = 0x100n
/** archive, and modified since the last scan */
const NEW_FILE = 0x408_0000_0000n

/** The ACL of `mode` in the form that file systems of this ZPL version give it. */
export function aclOfMode(zpl: number, mode: number, isDirectory: boolean): AclEntry[] {
  return zpl >= 5 ? newAcl(mode, isDirectory) : oldAcl(mode)
}

/** Eight bytes for each. */
export function encodeAcl(entries: readonly AclEntry[], littleEndian = true): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * entries.length))
  for (const [index, { type, who, mask }] of entries.entries()) {
    view.setUint16(8 * index, type === 'allow' ? 0 : 1, littleEndian)
    view.setUint16(8 * index + 2, whoFlags[who], littleEndian)
    view.setUint32(8 * index + 4, mask, littleEndian)
  }
  return new Uint8Array(view.buffer)
}

/** The flags of a new file with a trivial ACL. */
export function flagsOfMode(mode: number, isDirectory: boolean): bigint {
  const everybodyExecutes = (mode & 0o111) === 0o111
  return (
    NEW_FILE |
    TRIVIAL |
    (everybodyExecutes ? NO_EXECS_DENIED : 0n) |
    (isDirectory ? AUTOMATIC_INHERITANCE : 0n)
  )
}

function newAcl(mode: number, isDirectory: boolean): AclEntry[] {
  const write = isDirectory ? WRITE | DELETE_CHILD : WRITE
  const [owner, group, others] = classes(mode, write)
  const leading: AclEntry[] = [
    { type: 'allow', who: 'owner', mask: owner & others & ~group },
    { type: 'deny', who: 'owner', mask: (group | others) & ~owner },
    { type: 'deny', who: 'group', mask: others & ~group },
  ]
  return [
    ...leading.filter(({ mask }) => mask !== 0),
    { type: 'allow', who: 'owner', mask: OWNER_ALWAYS | owner },
    { type: 'allow', who: 'group', mask: ALWAYS | group },
    { type: 'allow', who: 'everyone', mask: ALWAYS | others },
  ]
}

function oldAcl(mode: number): AclEntry[] {
  const [owner, group, others] = classes(mode, WRITE)
  return [
    { type: 'deny', who: 'owner', mask: OLD_ALL & ~owner },
    { type: 'allow', who: 'owner', mask: OLD_OWNER_ALWAYS | owner },
    { type: 'deny', who: 'group', mask: OLD_ALL & ~group },
    { type: 'allow', who: 'group', mask: group },
    { type: 'deny', who: 'everyone', mask: OLD_OWNER_ALWAYS | (OLD_ALL & ~others) },
    { type: 'allow', who: 'everyone', mask: ALWAYS | others },
  ]
}

/** What the mode gives to the owner, the group and all others, as bits of a mask. */
function classes(mode: number, write: number): [number, number, number] {
  const bits = (shift: number) =>
    ((mode >> shift) & 4 ? READ : 0) | ((mode >> shift) & 2 ? write : 0) | ((mode >> shift) & 1 ? EXECUTE : 0)
  return [bits(6), bits(3), bits(0)]
}
