// svcadm in a native zone: enable and disable are kept and shown by svcs. No method runs: a Solaris method cannot execute here.
import { findInstances, readRepository, showStates, writeRepository } from './smf/repository.ts'

const usage =
  'Usage: svcadm enable [-rst] <service> ...\n       svcadm disable [-st] <service> ...\n       svcadm restart|refresh|clear <service> ...'

function run([command = '', ...rest]: readonly string[]): number {
  const wanted = rest.filter((word) => !word.startsWith('-'))
  if (!['enable', 'disable', 'restart', 'refresh', 'clear'].includes(command) || wanted.length === 0) {
    console.error(usage)
    return 2
  }
  const services = readRepository('/')
  const changed: string[] = []
  let status = 0
  for (const name of wanted) {
    const found = findInstances(services, name)
    if (found.length !== 1) {
      const why = found.length === 0 ? `doesn't match any instances` : `matches multiple instances`
      console.error(`svcadm: Pattern '${name}' ${why}`)
      status = 1
    } else changed.push(...found)
  }
  if (command === 'enable' || command === 'disable') {
    for (const fmri of changed) services.set(fmri, command === 'enable')
    writeRepository('/', services)
    showStates(services, changed)
  }
  return status
}

process.exitCode = run(process.argv.slice(2))
