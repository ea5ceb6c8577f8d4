// svccfg in a native zone: `validate FILE` and `import FILE`, which makes a manifest's instances known to svcadm and svcs.
import { readFileSync } from 'node:fs'
import { readManifest } from './smf/read-manifest.ts'
import { readRepository, showStates, writeRepository } from './smf/repository.ts'

function run([command = '', file, ...rest]: readonly string[]): number {
  if ((command !== 'validate' && command !== 'import') || file === undefined || rest.length > 0) {
    console.error('svccfg: here only: svccfg validate FILE | svccfg import FILE')
    return 2
  }
  try {
    const instances = readManifest(readFileSync(file, 'utf8'))
    if (command === 'validate') return 0
    const services = readRepository('/')
    // what an administrator has set stays when a manifest is imported again
    for (const { fmri, enabled } of instances) services.set(fmri, services.get(fmri) ?? enabled)
    writeRepository('/', services)
    showStates(
      services,
      instances.map(({ fmri }) => fmri),
    )
    return 0
  } catch (error) {
    console.error(`svccfg: ${file}: ${(error as Error).message}`)
    return 1
  }
}

process.exitCode = run(process.argv.slice(2))
