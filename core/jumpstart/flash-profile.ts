// The install profile by which JumpStart itself installs a system: a flash archive over HTTP (jumpstart.md 2.3, 2.4).
import { z } from 'zod'
import { ProvisionError } from '../errors.ts'
import { DISK, DISK_FORMS } from './names.ts'

const Disk = z.string().regex(DISK, `expected a disk as ${DISK_FORMS}`)

/** Where a flash archive goes. */
export const FlashSettings = z
  .strictObject({
    /** a pool is taken by the installers of Solaris 10/09 and later (jumpstart.md 2.4) */
    root: z.enum(['ufs', 'zfs']).default('ufs'),
    /** none: the one that the installer takes for the root; two: a mirror, for ZFS alone */
    disks: z.array(Disk).max(2).default([]),
    /** megabytes */
    swap: z.int().min(64).max(1_048_576).default(2048),
    /** what the root gets, megabytes; `free`: all that swap leaves. UFS alone */
    size: z.union([z.literal('free'), z.int().min(1024).max(16_777_216)]).default('free'),
    /** minutes without a byte after which the archive is opened anew, where it stopped; 0: never */
    timeout: z.int().min(0).max(1440).default(5),
  })
  .refine(({ root, disks }) => root === 'zfs' || disks.length < 2, {
    path: ['disks'],
    message: 'are two, expected one with a root of UFS',
  })
  .refine(({ root, size }) => root === 'ufs' || size === 'free', {
    path: ['size'],
    message: 'is of a root of UFS, expected none with ZFS',
  })
  .refine(({ disks: [first, second] }) => first === undefined || first !== second, {
    path: ['disks'],
    message: 'are the same disk, expected two',
  })
export type FlashSettings = z.infer<typeof FlashSettings>

interface FlashProfile {
  host: string
  /** of the flash archive, on the server; begins with "/" */
  urlPath: string
  settings: FlashSettings
  /** ZFS alone */
  pool: string
}

/** Stands for the server and the install's token while nobody knows them: `.invalid` is no server anywhere (RFC 2606). */
const SOMEWHERE = 'zoneflash.invalid'
const SOME_TOKEN = 'INSTALL-TOKEN'

/**
 * The profile as a plan has it; placeFlashArchive makes it the one that a client gets.
 * Old fetchers ask for the path alone, so the token is part of that.
 */
export function renderFlashProfile({ host, urlPath, settings, pool }: FlashProfile): string {
  const { timeout } = settings
  return [
    'install_type flash_install',
    `archive_location http ${SOMEWHERE} /js/${host}/${SOME_TOKEN}${urlPath} timeout ${timeout}`,
    ...(settings.root === 'ufs' ? ufsLines(settings) : zfsLines(settings, pool)),
    '',
  ].join('\n')
}

function ufsLines({ disks, swap, size }: FlashSettings): string[] {
  const [disk] = disks
  const slice = (number: number) => (disk === undefined ? `rootdisk.s${number}` : `${disk}s${number}`)
  return ['partitioning explicit', `filesys ${slice(0)} ${size} /`, `filesys ${slice(1)} ${swap} swap`]
}

function zfsLines({ disks, swap }: FlashSettings, pool: string): string[] {
  const slices = disks.map((disk) => `${disk}s0`)
  const devices = slices.length === 0 ? 'any' : slices.length === 1 ? slices[0] : `mirror ${slices.join(' ')}`
  return [`pool ${pool} auto ${swap} auto ${devices}`]
}

/** The profile with the server that the client reaches and its token; one that names no place of ours stays as it is. @throws BaseUrlInvalid */
export function placeFlashArchive(
  text: string,
  { baseUrl, token }: { baseUrl: string; token: string },
): string {
  const [, scheme = '', server = '', prefix = ''] =
    /^(https?):\/\/([^/]+)(\/[^?#]*?)?\/*$/.exec(baseUrl) ?? []
  if (server === '') {
    throw new ProvisionError(
      'invalid',
      'BaseUrlInvalid',
      `the server's URL is ${JSON.stringify(baseUrl)}, expected http(s)://host[:port][/path]`,
    )
  }
  return text.replaceAll(
    new RegExp(`\\bhttp ${SOMEWHERE} (/js/[^/ \\n]+/)${SOME_TOKEN}(?=/)`, 'g'),
    (_all, below: string) => `${scheme} ${server} ${prefix}${below}${token}`,
  )
}
