// A host that JumpStart installs, for tests of its documents.
import { Host } from '#core/host.ts'
import type { JumpStartDirectory } from '#core/jumpstart/directory.ts'
import { makePlan } from '#core/plan.ts'
import type { Plan } from '#core/plan/schema.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest } from '../../example-plan.ts'

export const installProfile = `install_type initial_install
cluster SUNWCreq
pool rpool auto auto auto any
bootenv installbe bename s10base
`

const native = exampleManifest('web', {
  brand: 'native',
  osFamily: 'solaris10',
  osRelease: 's10u8',
  zonecfg:
    'create -b\nset zonepath=/zones/web\nset autoboot=true\nadd inherit-pkg-dir\nset dir=/usr\nend\nadd net\nset address=192.0.2.99/24\nset physical=bge0\nend\n',
})

export interface ExampleOptions {
  jumpstart?: object
  host?: object
  directory?: JumpStartDirectory
}

export function jumpStartPlan({ jumpstart = {}, host = {}, directory }: ExampleOptions = {}): Plan {
  return makePlan({
    host: Host.parse({
      name: 'h1',
      release: 's10u8',
      facts: { zfs: 'true' },
      interfaces: [{ name: 'bge0', address: '192.0.2.10/24', defaultRoute: '192.0.2.1' }],
      ...host,
    }),
    profile: Profile.parse({
      name: 'web10',
      sysid: { rootPassword: '$5$salt$verysecret', timezone: 'Europe/Berlin' },
      jumpstart: { installProfile, ...jumpstart },
      zones: [
        {
          name: 'web01',
          template: 'web@stable',
          net: [{ physical: 'bge0', address: '192.0.2.20/24' }],
          smoke: [{ name: 'answers', command: 'true' }],
        },
        { name: 'web02', template: 'web@stable' },
      ],
    }),
    versions: new Map([['web@stable', { manifest: native }]]),
    baseUrl: 'http://192.0.2.1:7070',
    now: new Date('2026-11-21T18:00:00Z'),
    directory,
  })
}
