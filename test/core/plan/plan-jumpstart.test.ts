import { describe, expect, test } from 'vitest'
import { Host } from '#core/host.ts'
import { checkDirectory } from '#core/jumpstart/check-directory.ts'
import { factsOf } from '#core/jumpstart/facts.ts'
import { outcomeFor } from '#core/jumpstart/outcome.ts'
import { explainMatch, renderHostRules } from '#core/jumpstart/rules/explain.ts'
import { matchRules } from '#core/jumpstart/rules/match.ts'
import type { JumpStartDirectory } from '#core/jumpstart/directory.ts'
import { Artifact } from '#core/manifest.ts'
import { makePlan } from '#core/plan.ts'
import { Profile } from '#core/profile.ts'
import { exampleManifest, textOf } from '../example-plan.ts'
import { installProfile, jumpStartPlan } from '../jumpstart/documents/example.ts'

const stored = (rules: string, files: JumpStartDirectory['files'] = {}): JumpStartDirectory => ({
  revision: 7,
  rules,
  files,
})
const any = { 'prof/any': { text: installProfile, mode: 0o644 } }

describe('the rules of a host', () => {
  const planned = (rules: string, files: JumpStartDirectory['files'] = {}, jumpstart: object = {}) =>
    jumpStartPlan({ directory: stored(rules, files), jumpstart }).jumpstart

  test('are those of the revision that is there', () => {
    expect(planned('hostname h1 - prof/any finish\n', any)).toMatchObject({ revision: 7 })
  })

  test('may depend on what only the client knows, as long as one that it may get installs it', () => {
    const rules = 'model SUNW,Ultra-2 - prof/any finish\nany - - - -\n'
    expect(planned(rules, any)).toMatchObject({ revision: 7 })
    expect(() => planned('hostname other - prof/any finish\nany - - - -\n', any)).toThrow(
      'host h1 gets line 2 of the rules of revision 7: its profile is -, so the installer asks',
    )
  })

  test('that nobody can decide here are told in the words of `rules test`', () => {
    const said = (rules: string) => {
      const checked = checkDirectory(rules, any)
      const facts = factsOf(Host.parse({ name: 'h1', release: 's10u8' }))
      return explainMatch('h1', matchRules(checked.rules, facts), outcomeFor(checked, facts))
    }
    const open = 'memsize 1-2 - prof/any finish\nmodel A - prof/any finish\n'
    const doubt = 'no rule matches for sure: what is known of the host does not decide line 1'
    expect(planned(open, any)).toMatchObject({ doubt })
    expect(said(open)).toMatchObject({ doubt })
    expect(said(open)).not.toHaveProperty('fault')
    expect(renderHostRules(said(open))).toContain(
      `h1: no rule wins for sure: the client decides\nh1: may need somebody at its console: ${doubt}\n`,
    )
    expect(textOf(jumpStartPlan({ directory: stored(open, any) }))).toContain(
      `\nThe host may need somebody at its console: ${doubt}\n`,
    )

    const half = 'memsize 1-2 - prof/gone -\nany - - prof/any -\n'
    expect(planned(half, any)).toMatchObject({ doubt: said(half).doubt })
    expect(said(half).doubt).toMatch(/^line 1: profile "prof\/gone" is missing/)

    const broken = 'memsize 1-2 - prof/gone -\nmodel A - prof/lost -\n'
    expect(said(broken).fault).toMatch(/^line 1: profile "prof\/gone" is missing/)
    expect(() => planned(broken, any)).toThrow(
      'host h1 gets line 1 of the rules of revision 7: profile "prof/gone" is missing',
    )
    expect(planned('any - - prof/any -\n', any)).not.toHaveProperty('doubt')
  })

  test('have = where the install profile names what only the client knows', () => {
    const given = { installProfile: installProfile.replace('any', '$SI_ROOTDISK') }
    expect(() => planned('any - begin profile finish\n', {}, given)).toThrow(
      'the install profile names $SI_ROOTDISK, which begin fills in: expected the profile column to be =',
    )
    expect(planned('probe rootdisk\nany - begin = finish\n', {}, given)).toMatchObject(given)
    expect(jumpStartPlan({ jumpstart: given }).jumpstart).toMatchObject({ revision: 0, ...given })
  })

  test('are given no longer word that begins with one of the client', () => {
    const given = { installProfile: `# $SI_OTHER\n${installProfile.replace('any', '$SI_ROOTDISKSIZE')}` }
    expect(() => planned('any - begin = finish\n', {}, given)).toThrow(
      'the install profile names $SI_ROOTDISKSIZE, expected one of $SI_HOSTNAME, $SI_HOSTADDRESS, $SI_ROOTDISK,',
    )
    const slice = { installProfile: `# $SI_OTHER\n${installProfile.replace('any', '$SI_ROOTDISK')}` }
    expect(planned('any - begin = finish\n', {}, slice)).toMatchObject(slice)
  })

  test('are looked at after the install profile, of whose errors the first ten are told', () => {
    const wrong = { installProfile: `${installProfile}${'geo Mars\n'.repeat(500)}` }
    let message = ''
    try {
      planned('any - begin profile finish\n', {}, wrong)
    } catch (error) {
      message = String(error)
    }
    expect(message.split('geo is "Mars"')).toHaveLength(11)
    expect(message).toMatch(/ and 490 more$/)
  })

  test('are of no use to a host without a file that they name', () => {
    expect(() => planned('any - - prof/any fin/gone\n', any)).toThrow('finish script "fin/gone" is missing')
  })
})

describe('a system', () => {
  const plan = (format: 'zfs' | 'flar', release: string, jumpstart: object = {}) => {
    const artifact = Artifact.parse({
      ...exampleManifest('golden').artifacts[0],
      format,
      layout: 'zoneroot',
    })
    const manifest = exampleManifest('golden', {
      kind: 'system',
      brand: 'native',
      osFamily: 'solaris10',
      artifacts: [artifact],
    })
    return makePlan({
      host: Host.parse({ name: 'h1', release, facts: { zfs: 'true' } }),
      profile: Profile.parse({
        name: 'systems',
        sysid: { rootPassword: 'NP' },
        system: { template: 'golden@stable', pool: 'tank' },
        jumpstart,
      }),
      versions: new Map([['golden@stable', { manifest }]]),
      baseUrl: 'http://192.0.2.1:7070',
      now: new Date('2026-11-21T18:00:00Z'),
    }).jumpstart?.installProfile
  }

  test('that is received needs a small Solaris in its pool first', () => {
    expect(plan('zfs', 's10u8')).toBe(
      'install_type initial_install\ncluster SUNWCrnet\npool tank auto auto auto any\nbootenv installbe bename zoneflash-installer\n',
    )
    expect(() => plan('zfs', 's10u5')).toThrow(
      'host h1 is s10u5: expected s10u6 or later, whose installer makes one',
    )
  })

  test('that is a flash archive is installed by the installer', () => {
    expect(plan('flar', 's10u5')).toMatch(/^install_type flash_install\narchive_location http /)
  })

  test('comes after an install profile that the profile gives itself', () => {
    expect(plan('zfs', 's10u8', { installProfile })).toBe(installProfile)
  })
})

test('a zone whose settings do not fit its template is named when the host is planned', () => {
  const given = () => jumpStartPlan({ jumpstart: { zones: 'install' }, host: { release: 's10u3' } })
  expect(given().zones[0]?.detachedXml).toContain('<zone name="web01"')
  const profile = Profile.parse({
    name: 'p',
    sysid: { rootPassword: 'NP' },
    jumpstart: { zones: 'install', installProfile },
    zones: [
      { name: 'web01', template: 'web@stable', net: [{ physical: 'bge0', allowedAddress: '192.0.2.1/24' }] },
    ],
  })
  const manifest = exampleManifest('web', { brand: 'native', osFamily: 'solaris10' })
  const plan = () =>
    makePlan({
      host: Host.parse({ name: 'h1', release: 's10u3' }),
      profile,
      versions: new Map([['web@stable', { manifest }]]),
      baseUrl: 'http://192.0.2.1:7070',
      now: new Date('2026-11-21T18:00:00Z'),
    })
  expect(plan).toThrow(/^zone web01: zonecfg commands are refused/)
})
