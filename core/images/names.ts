// What an image's name and version are called here: the same image always gives the same template and version.
import { TemplateName, type VersionName } from '../names.ts'

/** `My Web/base` → `my-web-base`; undefined when nothing is left of it. */
export function templateNameOf(name: string): TemplateName | undefined {
  const mapped = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-|-$/g, '')
  return TemplateName.safeParse(mapped).data
}

const MAX_VERSION = 64

/**
 * `1.0+git/3` → `1.0-git-3`. One that begins with no digit looks like a channel: `v1.0` → `0-v1.0`; of one that is too long
 * the end gives way to a sum of the whole.
 */
export function versionNameOf(version: string): VersionName {
  const mapped = version.replace(/[^A-Za-z0-9._-]/g, '-')
  const name = /^[0-9]/.test(mapped) ? mapped : `0-${mapped}`
  return name.length <= MAX_VERSION ? name : `${name.slice(0, MAX_VERSION - 17)}-${sumOf(version)}`
}

/** 64 bits of FNV-1a in hex: enough to tell versions apart that nobody made to be alike; those meet as any two of one name. */
function sumOf(text: string): string {
  let sum = 0xcbf29ce484222325n
  for (let at = 0; at < text.length; at++)
    sum = BigInt.asUintN(64, (sum ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n)
  return sum.toString(16).padStart(16, '0')
}
