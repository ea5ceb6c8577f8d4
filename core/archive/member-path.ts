// Names and link targets of members, brought to one spelling.
import { refusal } from './refusals.ts'
import { quoted } from '../quoted.ts'

const MAX_COMPONENT_BYTES = 255
const MAX_DEPTH = 256

/**
 * The path of a member without `./`, doubled or trailing slashes; `.` for the archive's own root.
 * @throws AbsoluteName, ParentReference, InvalidName, NameTooLong, TooDeep
 */
export function normalizeMemberPath(
  name: string,
  nameBytes: number,
  maxNameBytes: number,
  maxComponentBytes = MAX_COMPONENT_BYTES,
): string {
  if (nameBytes > maxNameBytes) {
    throw refusal('NameTooLong', `${quoted(name)} has ${nameBytes} bytes, expected at most ${maxNameBytes}`)
  }
  if (name.startsWith('/'))
    throw refusal('AbsoluteName', `${quoted(name)} is absolute, expected a relative name`)
  if (name === '' || name.includes('\0')) throw refusal('InvalidName', `${quoted(name)} is no file name`)
  if (isPlain(name)) return name
  const components = name.split('/').filter((component) => component !== '' && component !== '.')
  if (components.includes('..'))
    throw refusal('ParentReference', `${quoted(name)} contains "..", expected a path that stays inside`)
  if (components.length > MAX_DEPTH) {
    throw refusal(
      'TooDeep',
      `${quoted(name)} is ${components.length} levels deep, expected at most ${MAX_DEPTH}`,
    )
  }
  for (const component of components) {
    if (component.length * 3 <= maxComponentBytes) continue
    const bytes = componentBytes(component)
    if (bytes > maxComponentBytes) {
      throw refusal(
        'NameTooLong',
        `${quoted(component)} has ${bytes} bytes, expected at most ${maxComponentBytes}`,
      )
    }
  }
  return components.join('/') || '.'
}

/** Most names need no work: short, without empty, `.` or `..` components. */
function isPlain(name: string): boolean {
  return name.length < 85 && !name.includes('//') && !/(^|\/)\.{0,2}(\/|$)/.test(name)
}

/** An escaped byte (`\xE9`) counts as one. */
function componentBytes(component: string): number {
  return new TextEncoder().encode(component.replace(/\\x[89A-F][0-9A-F]/g, '.')).byteLength
}

/**
 * How a symlink's target reads once its archive is the root of a zone, where `..` of `/` is `/`: the target itself when it stays
 * inside or is absolute, otherwise the shortest relative target that means the same without climbing above the root.
 */
export function clampLink(path: string, target: string): string {
  if (!climbsOut(path, target)) return target
  const base = path.split('/').slice(0, -1)
  const here = [...base]
  for (const component of target.split('/')) {
    if (component === '..') here.pop()
    else if (component !== '' && component !== '.') here.push(component)
  }
  return [...base.map(() => '..'), ...here].join('/') || '.'
}

/** Whether a relative target, read at the place of the symlink `path`, climbs above the archive's root on its way. */
export function climbsOut(path: string, target: string): boolean {
  return climbHeight(target) > path.split('/').length - 1
}

/** How many directories above its own a symlink's target leads on its way; 0 when it is absolute. */
export function climbHeight(target: string): number {
  if (target.startsWith('/')) return 0
  let depth = 0
  let lowest = 0
  for (const component of target.split('/')) {
    if (component === '..') depth -= 1
    else if (component !== '' && component !== '.') depth += 1
    if (depth < lowest) lowest = depth
  }
  return -lowest
}
