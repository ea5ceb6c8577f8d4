// The programs that a build uses on its host, and its own directory there.
import { run, runWith, sendTo, type Action, type Argv } from '../action.ts'
import type { BuildPlan, BuildZone } from '../plan.ts'

export const ZONEADM = '/usr/sbin/zoneadm'
export const ZLOGIN = '/usr/sbin/zlogin'
const SH = '/bin/sh'

export function zoneadm(zone: BuildZone, ...words: readonly string[]): Argv {
  return [ZONEADM, '-z', zone.name, ...words]
}

/** finish-scripts/build.sh COMMAND */
export function tool(plan: Pick<BuildPlan, 'directory'>, command: string, ...words: readonly string[]): Argv {
  return [SH, `${plan.directory}/build.sh`, command, ...words]
}

/** Puts standard input into a file of the build's directory, whole or not at all. */
export function putFile(plan: Pick<BuildPlan, 'directory'>, name: string): Argv {
  const script = 'umask 077; mkdir -p "$1" && cat >"$1/$2.new" && mv "$1/$2.new" "$1/$2"'
  return [SH, '-c', script, 'put', plan.directory, name]
}

export function putLibrary(plan: Pick<BuildPlan, 'directory'>): Action {
  return sendTo(putFile(plan, 'build.sh'), { of: 'library' }, 5)
}

export function removeDirectory(plan: Pick<BuildPlan, 'directory'>): Action {
  return run(['/bin/rm', '-rf', plan.directory])
}

/** Commands that the zone's own shell reads. */
export function inZone(zone: BuildZone, script: string): Argv {
  return [ZLOGIN, zone.name, script]
}

/** zonecfg commands; `template` is the zone that `create -t` copies. */
export function configure(
  plan: BuildPlan,
  zone: BuildZone,
  lines: readonly string[],
  template?: BuildZone,
): Action {
  const argv = tool(plan, 'configure', zone.name, ...(template ? [template.name] : []))
  return runWith(argv, [...lines, 'commit', ''].join('\n'))
}

export function removeZone(plan: BuildPlan, zone: BuildZone): Action {
  return run(tool(plan, 'remove', zone.name, zone.path), 15)
}
