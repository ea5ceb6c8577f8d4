/** What an image's name and version are called here: the same image always gives the same template and version. */
import { TemplateName, VersionName } from '../names.ts'

/** `My Web/base` → `my-web-base`; undefined when nothing is left of it. */
export function templateNameOf(name: string): TemplateName | undefined {
  const mapped = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-|-$/g, '')
  return TemplateName.safeParse(mapped).data
}

/** `1.0+git/3` → `1.0-git-3`; undefined when it is too long or begins with no digit, as channels do. */
export function versionNameOf(version: string): VersionName | undefined {
  return VersionName.safeParse(version.replace(/[^A-Za-z0-9._-]/g, '-')).data
}
