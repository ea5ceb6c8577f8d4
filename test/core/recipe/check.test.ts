import { describe, expect, test } from 'vitest'
import { problemsOf, sound, source } from './sources.ts'

const smoke = ['smoke.sh!']
const about = (text: string, files: readonly string[] = smoke) => problemsOf(source('web', text, files))
/** with a key of `sound` replaced or added */
const withLine = (line: string) => {
  const key = line.split(':')[0] ?? ''
  const rest = sound.split('\n').filter((each) => !each.startsWith(`${key}:`))
  return [...rest, line].join('\n').replace(/\n\n/, '\n')
}

test('a recipe that is right has no problems', () => {
  expect(about(sound)).toEqual([])
})

describe('keys', () => {
  const wrong: [what: string, text: string, problem: string][] = [
    ['a wrong type', sound.replace('a zone', '5'), 'web/recipe.yaml:1:10: summary is 5, expected string'],
    [
      'an unknown key',
      `orgin: a@b\n${sound}`,
      'web/recipe.yaml:1:8: orgin is no key of a recipe, expected one of summary, extends, brand,',
    ],
    [
      'an unknown key further in',
      sound.replace('    what: an image', '    what: an image\n    made: so'),
      'web/recipe.yaml:10:11: media.0.made is no key of a recipe',
    ],
    ['a missing key', sound.replace('brand: lx\n', ''), 'web/recipe.yaml:1:1: brand is missing, expected'],
    [
      'a value out of range',
      `${sound}minutes:\n  smoke: 0\n`,
      'web/recipe.yaml:12:10: minutes.smoke is 0, expected',
    ],
    [
      'a path that leads out of the folder',
      sound.replace('smoke.sh', '../smoke.sh'),
      'web/recipe.yaml:10:8: smoke is "../smoke.sh", expected a path below',
    ],
    ['text that is not YAML', 'a: [1', 'web/recipe.yaml:1:6: this is not YAML: '],
    ['a list instead of keys', '- a\n', 'web/recipe.yaml:1:1: a recipe is a list of keys with values'],
    ['an empty file', '', 'web/recipe.yaml:1:1: a recipe is a list of keys with values'],
    [
      'aliases that grow without end',
      `a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n`,
      'web/recipe.yaml:1:1: this is not YAML: ',
    ],
  ]
  test.each(wrong)('%s', (_what, text, problem) => {
    expect(about(text)).toEqual([expect.stringContaining(problem)])
  })

  test('all that is wrong is listed, in the order of the file', () => {
    const lines = about(
      `${sound.replace('a zone', '5').replace('osFamily: linux', 'osFamily: beos')}zonecfg: 7\n`,
    )
    expect(lines.map((line) => line.split(':')[1])).toEqual(['1', '3', '11'])
  })

  test('a secret is not printed', () => {
    const lines = about(`${sound}sysidcfg:\n  rootPassword: hunter2 hunter2\n`)
    expect(lines).toEqual([
      expect.stringContaining('sysidcfg.rootPassword is not shown, expected a crypt hash'),
    ])
    expect(lines.join()).not.toContain('hunter2')
  })
})

describe('rules across keys', () => {
  const wrong: [what: string, text: string, ...problems: string[]][] = [
    [
      'origin and source',
      `${sound}origin: web9@stable\n`,
      ':5:3: origin is "web9@stable" and there is a source, expected one of the two',
    ],
    [
      'neither origin nor source',
      'summary: a\nbrand: lx\nosFamily: linux\nsmoke: smoke.sh\n',
      ':1:1: there is neither origin nor source, expected one of the two',
    ],
    [
      'a medium that is not there',
      sound.replace('  - name: image.tar', '  - name: other.tar'),
      ':5:11: source.medium is "image.tar", expected one of the names in media: other.tar',
    ],
    [
      '{medium} without a medium',
      sound.replace('  medium: image.tar\n', ''),
      ':5:12: source.install says {medium}, expected source.medium to name one',
    ],
    [
      'a medium that install does not take',
      sound.replace("'{medium}'", '/x.tar'),
      ':6:12: source.install has no {medium}, expected it where "image.tar" is to be installed from',
    ],
    [
      'a medium twice',
      sound.replace('media:\n', 'media:\n  - name: image.tar\n    what: the same\n'),
      ':10:11: media has "image.tar" twice',
    ],
    [
      'a script that is not there',
      `${sound}customize: no.sh\n`,
      ':11:12: customize is "no.sh", expected a file',
    ],
    [
      'files that are not there',
      `${sound}files: overlay\n`,
      ':11:8: files is "overlay", expected a directory',
    ],
    [
      'an unknown brand',
      sound.replace('brand: lx', 'brand: lxx'),
      ':2:8: brand is "lxx", expected one of native, cluster, solaris8, ',
    ],
    [
      'a virtual machine',
      sound.replace('brand: lx', 'brand: bhyve'),
      ':2:8: brand is "bhyve", a virtual machine whose disk cannot be customised',
    ],
    [
      'a family that is not the brand’s',
      sound.replace('osFamily: linux', 'osFamily: illumos'),
      ':3:11: osFamily is illumos, expected linux as brand is "lx"',
    ],
    [
      'sysidcfg for a system that asks nothing',
      `${sound}sysidcfg:\n  terminal: vt100\n`,
      ':12:3: sysidcfg answers terminal, expected nothing',
    ],
    [
      'an unknown hygiene rule',
      `${sound}hygiene:\n  - { rule: dust, path: etc/x, why: so }\n`,
      ':12:13: hygiene.0.rule is "dust", expected one of ssh-host-key, ',
    ],
    [
      'a hygiene exception with an absolute path',
      `${sound}hygiene:\n  - { rule: setuid, path: /etc/x, why: so }\n`,
      ':12:27: hygiene.0.path is "/etc/x", expected a path in the zone without a slash',
    ],
    [
      'promotion to where versions begin',
      `${sound}promote:\n  to: candidate\n  afterHours: 1\n`,
      ':12:7: promote.to is "candidate", where each version begins',
    ],
    [
      'a zonepath',
      `${sound}zonecfg: |\n  set ip-type=exclusive\n  set zonepath=/x\n`,
      ':13:1: zonecfg, line 2: zonepath is set, expected not to be',
    ],
    [
      'another brand in zonecfg',
      `${sound}zonecfg: |\n  set brand=native\n`,
      ':12:1: zonecfg, line 1: brand is set to "native", expected "lx"',
    ],
    [
      'a command of the build',
      `${sound}zonecfg: |\n\n  create -b\n`,
      ':13:1: zonecfg, line 2: the command create is the build',
    ],
    [
      'a command that zonecfg does not know',
      `${sound}zonecfg: |\n  ad net\n`,
      ":12:1: zonecfg, line 1: syntax error at 'ad'",
    ],
    ['a resource that there is not', `${sound}zonecfg: |\n  add fish\n  end\n`, ':12:1: zonecfg, line 1: '],
    [
      'a resource that is not ended',
      `${sound}zonecfg: |\n  add net\n  set physical=e0\n`,
      ':13:1: zonecfg, line 2: a resource is not ended',
    ],
    [
      'a value that zonecfg refuses',
      `${sound}zonecfg: |\n  set autoboot=perhaps\n`,
      ':12:1: zonecfg, line 1: ',
    ],
  ]
  test.each(wrong)('%s', (_what, text, problem) => {
    expect(about(text)).toEqual([expect.stringContaining(`web/recipe.yaml${problem}`)])
  })

  test('a script that may not be executed', () => {
    expect(about(sound, ['smoke.sh'])).toEqual([
      'web/recipe.yaml:10:8: smoke is "smoke.sh", expected an executable file: chmod +x smoke.sh',
    ])
  })

  test('a symlink, a file too many bytes long, a wrong name of the folder', () => {
    const folder = source('Web', sound, smoke)
    const entries = [
      ...folder.entries,
      { path: 'link', kind: 'special' as const, size: 0, mode: 0o777 },
      { path: 'big', kind: 'file' as const, size: 17 * 1024 ** 2, mode: 0o644 },
    ]
    expect(problemsOf({ ...folder, entries })).toEqual([
      expect.stringContaining('the folder is called "Web", expected a template name'),
      expect.stringContaining('"link" is a symlink or special file, expected files and directories only'),
      expect.stringContaining('the files have 17825793 bytes, expected at most 16777216'),
    ])
  })

  test('no smoke check is a warning', () => {
    expect(about(sound.replace('smoke: smoke.sh\n', ''))).toEqual([
      expect.stringContaining('web/recipe.yaml:1:1: warning: there is no smoke'),
    ])
  })

  test('a medium that nothing uses is a warning', () => {
    const text = sound
      .replace('media:\n', 'media:\n  - name: extra\n    what: nothing\n')
      .replace('smoke: smoke.sh\n', '')
    expect(about(text)).toContainEqual(
      expect.stringContaining(':8:5: warning: nothing uses the medium "extra"'),
    )
  })

  test('what a native zone inherits may be removed and added to', () => {
    const text = withLine('brand: native').replace('osFamily: linux', 'osFamily: solaris10')
    const zonecfg =
      'zonecfg: |\n  remove inherit-pkg-dir dir=/sbin\n  add inherit-pkg-dir\n  set dir=/opt\n  end\n'
    expect(about(`${text}\n${zonecfg}`)).toEqual([])
  })
})

describe('rules across recipes', () => {
  const child = (origin: string, more = '') =>
    `summary: a\nbrand: lx\nosFamily: linux\norigin: ${origin}\nsmoke: smoke.sh\n${more}`
  const recipe = (name: string, text: string) => source(name, text, smoke)

  test('origins that go round are named whole', () => {
    const lines = problemsOf(
      recipe('default', child('mysql@candidate')),
      recipe('mysql', child('web@stable')),
      recipe('web', child('default@1.0')),
    )
    expect(lines).toEqual([
      'default/recipe.yaml:4:9: origin is "mysql@candidate", which goes round: default ← web ← mysql ← default',
    ])
  })

  test('an origin that no recipe builds is a warning', () => {
    expect(problemsOf(recipe('web', child('defualt@candidate')))).toEqual([
      'web/recipe.yaml:4:9: warning: origin is "defualt@candidate", and no recipe builds "defualt"',
    ])
  })

  test('a clone has its origin’s brand', () => {
    const native = sound
      .replace('brand: lx', 'brand: native')
      .replace('osFamily: linux', 'osFamily: solaris10')
    expect(problemsOf(recipe('web', child('base@stable')), recipe('base', native))).toEqual([
      'web/recipe.yaml:2:8: brand is "lx", expected "native": the zone is cloned from base',
    ])
  })

  test('zonecfg commands of a clone change what its origin has', () => {
    const base = recipe(
      'base',
      `${sound}zonecfg: |\n  add attr\n  set name=a\n  set type=string\n  set value=b\n  end\n`,
    )
    const commands = (name: string) => child('base@stable', `zonecfg: |\n  remove attr name=${name}\n`)
    expect(problemsOf(recipe('web', commands('a')), base)).toEqual([])
    expect(problemsOf(recipe('web', commands('c')), base)).toEqual([
      expect.stringContaining('web/recipe.yaml:7:1: zonecfg, line 1: '),
    ])
  })

  test('extends takes keys and files of the base; what is wrong with them stands in the base’s file', () => {
    const base = source('base', sound.replace('a zone', '5'), smoke)
    expect(problemsOf(source('web', 'extends: base\nsummary: mine\n'), base)).toEqual([])
    expect(problemsOf(source('web', 'extends: base\nretention: 5\n'), base)).toEqual([
      'base/recipe.yaml:1:10: summary is 5, expected string',
      'web/recipe.yaml:2:12: retention is 5, expected object',
    ])
  })

  test('a key with nothing behind it takes the base’s away', () => {
    const base = source('base', sound, smoke)
    expect(problemsOf(source('web', 'extends: base\nsource:\nmedia:\norigin: base@stable\n'), base)).toEqual(
      [],
    )
  })

  test('extends that leads nowhere, to itself or round', () => {
    expect(problemsOf(source('web', 'extends: nobody\n'))).toEqual([
      'web/recipe.yaml:1:10: extends is "nobody", expected a recipe beside this one',
    ])
    expect(problemsOf(source('web', 'extends: web\n'))).toEqual([
      'web/recipe.yaml:1:10: extends goes round: web → web',
    ])
    expect(
      problemsOf(source('a', 'extends: b\n'), source('b', 'extends: c\n'), source('c', 'extends: b\n')),
    ).toEqual(['c/recipe.yaml:1:10: extends goes round: a → b → c → b'])
  })
})
