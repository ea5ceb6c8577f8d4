// The services of a native zone: which there are and which are enabled, a line each in a file of the zone, so that clones have
// them. What the real thing keeps in /etc/svc/repository.db.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const repositoryFile = 'etc/svc/sandbox-services'

/** Instance → whether it is enabled. */
export type Services = Map<string, boolean>

export function readRepository(root: string): Services {
  const file = path.join(root, repositoryFile)
  if (!existsSync(file)) return new Map()
  return new Map(
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line): [string, boolean][] => {
        const [state, fmri] = line.split(' ')
        return fmri === undefined ? [] : [[fmri, state === 'enabled']]
      }),
  )
}

export function writeRepository(root: string, services: Services): void {
  const file = path.join(root, repositoryFile)
  mkdirSync(path.dirname(file), { recursive: true })
  const lines = [...services].map(([fmri, enabled]) => `${enabled ? 'enabled' : 'disabled'} ${fmri}\n`)
  writeFileSync(`${file}.new`, lines.join(''))
  renameSync(`${file}.new`, file)
}

/** `apache2`, `network/http:apache2`, `svc:/network/http:apache2` → the instances that are meant. */
export function findInstances(services: Services, wanted: string): string[] {
  const name = wanted.replace(/^svc:\//, '')
  return [...services.keys()].filter((fmri) => {
    const full = fmri.replace(/^svc:\//, '')
    const service = full.replace(/:[^:]*$/, '')
    return (
      [full, service].includes(name) ||
      [full, service].some((each) => each.endsWith(`/${name}`)) ||
      full.endsWith(`:${name}`)
    )
  })
}

/** What svcs shows in the running zone, if this is one. */
export function showStates(services: Services, changed: readonly string[]): void {
  const file = '/run/services/services'
  if (!existsSync(file)) return
  const others = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !changed.includes(line.split(' ')[1] ?? ''))
  const own = changed.map((fmri) => `${services.get(fmri) ? 'online' : 'disabled'} ${fmri}`)
  writeFileSync(`${file}.new`, [...others, ...own].map((line) => `${line}\n`).join(''))
  renameSync(`${file}.new`, file)
}
