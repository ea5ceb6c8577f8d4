import { MAX_FOLDER_BYTES, MAX_FOLDER_FILES } from '../source.ts'
import { quoted } from '../../quoted.ts'
import { unwise, wrong, type Finding, type RecipeRule, type RuleContext } from './rule.ts'

/** Scripts and directories that the recipe names are in its folder, or in the one it extends. */
export const filesRule: RecipeRule = (context) => {
  const { customize, smoke, files, media } = context.recipe
  const findings = [
    ...script(context, ['customize'], customize),
    ...script(context, ['smoke'], smoke),
    ...media.flatMap(({ make }, index) => script(context, ['media', index, 'make'], make)),
  ]
  if (files !== undefined && !context.extended.files.some(({ entry }) => entry.path.startsWith(`${files}/`)))
    findings.push(
      wrong(['files'], `files is ${quoted(files)}, expected a directory with files in the folder`),
    )
  if (smoke === undefined)
    findings.push(unwise([], 'there is no smoke, so that a build proves no more than that the zone boots'))
  return findings
}

function script(
  { extended }: RuleContext,
  path: readonly PropertyKey[],
  name: string | undefined,
): Finding[] {
  if (name === undefined) return []
  const found = extended.files.find(({ entry }) => entry.path === name)?.entry
  const key = path.join('.')
  if (!found) return [wrong(path, `${key} is ${quoted(name)}, expected a file in the folder`)]
  if ((found.mode & 0o100) === 0)
    return [wrong(path, `${key} is ${quoted(name)}, expected an executable file: chmod +x ${name}`)]
  return []
}

/** A folder holds text and small files, nothing that a copy of it could lose. */
export const folderRule: RecipeRule = ({ extended }) => {
  const findings = extended.files
    .filter(({ entry }) => entry.kind === 'special')
    .map(({ entry }) =>
      wrong([], `${quoted(entry.path)} is a symlink or special file, expected files and directories only`),
    )
  const bytes = extended.files.reduce((sum, { entry }) => sum + entry.size, 0)
  if (bytes > MAX_FOLDER_BYTES)
    findings.push(
      wrong([], `the files have ${bytes} bytes, expected at most ${MAX_FOLDER_BYTES}: big files are media`),
    )
  if (extended.files.length > MAX_FOLDER_FILES)
    findings.push(wrong([], `there are more than ${MAX_FOLDER_FILES} files, expected so many at most`))
  return findings
}
