import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderBeginScript } from '#core/jumpstart/documents/begin.ts'
import { renderConfigTar } from '#core/jumpstart/documents/config-tar.ts'
import { jumpStartDocuments } from '#core/jumpstart/documents/documents.ts'
import { renderFinishScript } from '#core/jumpstart/documents/finish.ts'
import type { JumpStartDirectory } from '#core/jumpstart/directory.ts'
import { ownDirectory } from '#core/jumpstart/documents/host-rules.ts'
import type { Plan } from '#core/plan/schema.ts'
import { readJumpStartScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { readManifest } from '../../../../sandbox/smf/read-manifest.ts'
import { shells } from '../../../finish-scripts/shells.ts'
import { exampleSystemPlan, textOf } from '../../example-plan.ts'
import { installProfile, jumpStartPlan } from './example.ts'

const options = { token: 'zi_of-the-host', baseUrl: 'http://192.0.2.1:7070' }
/** The files of finish-scripts/ have tests of their own: here a word stands for each. */
const words = {
  library: '# (the library)\n',
  main: '# (main.sh)\n',
  stage: '# (stage.sh, service.sh, answers.sh)\n',
  finishMain: '# (finish-main.sh)\n',
  method: '# (first-boot.sh)\n',
  manifest: '<!-- first-boot.xml -->\n',
}
const stored: JumpStartDirectory = {
  revision: 3,
  rules: '# hosts of the web team\nhostname h1 && ! arch sparc   beg/derive = finish\nany - - prof/any -\n',
  files: {
    'prof/any': { text: installProfile, mode: 0o644 },
    'beg/derive': { text: '#!/sbin/sh\n', mode: 0o744 },
    custom_probes: { text: '#!/sbin/sh\nprobe_rack() { SI_RACK=1; }\n', mode: 0o644 },
  },
}
const UFS = 'install_type initial_install\ncluster SUNWCreq\npartitioning default\n'
const forms: Readonly<Record<string, { plan: Plan; directory: JumpStartDirectory }>> = {
  'first-boot': { plan: jumpStartPlan(), directory: ownDirectory(installProfile) },
  install: {
    plan: jumpStartPlan({ jumpstart: { zones: 'install' } }),
    directory: ownDirectory(installProfile),
  },
  // of a release whose sysidcfg has no word for the domain of NFSv4
  s10u3: {
    plan: jumpStartPlan({ host: { release: 's10u3' }, jumpstart: { installProfile: UFS } }),
    directory: ownDirectory(UFS),
  },
  'stored-rules': { plan: jumpStartPlan({ directory: stored }), directory: stored },
}
const documentsOf = ({ plan, directory }: { plan: Plan; directory: JumpStartDirectory }, parts = words) =>
  jumpStartDocuments({
    plan,
    directory,
    begin: renderBeginScript(plan, '# (begin.sh)\n'),
    finish: renderFinishScript(plan, options, parts),
  })

describe('the documents of a host that JumpStart installs', () => {
  const cases = Object.entries(forms).flatMap(([form, given]) =>
    documentsOf(given).map((document) => ({ form, ...document })),
  )

  test.each(cases)('$form: $path is as it was looked at once', async ({ form, path: name, text }) => {
    await expect(text).toMatchFileSnapshot(`../../../fixtures/golden/jumpstart-documents/${form}/${name}`)
  })

  test.each(Object.keys(forms))('%s: the plan says what will happen', async (form) => {
    const plan = forms[form]?.plan
    if (!plan) throw new Error(form)
    await expect(textOf(plan)).toMatchFileSnapshot(
      `../../../fixtures/golden/jumpstart-documents/${form}/plan.txt`,
    )
  })

  test('make one archive that tar lists with modes and owners', async () => {
    const given = forms['stored-rules']
    if (!given) throw new Error('no example')
    const tar = renderConfigTar(documentsOf(given), 1_700_000_000)
    expect(renderConfigTar(documentsOf(given), 1_700_000_000)).toEqual(tar)
    const listing = execFileSync('tar', ['tvf', '-'], {
      input: tar,
      env: { ...process.env, TZ: 'UTC' },
      encoding: 'utf8',
    })
    expect(listing.replaceAll(/ +\d+ 2023-11-14 22:13 /g, ' ')).toBe(
      [
        '-rw-r--r-- root/root rules',
        '-rw-r--r-- root/root rules.ok',
        '-rw------- root/root sysidcfg',
        '-rwxr-xr-x root/root begin',
        '-rw-r--r-- root/root profile',
        '-rwxr-xr-x root/root finish',
        '-rwxr-xr-x root/root custom_probes.ok',
        'drwxr-xr-x root/root beg/',
        '-rwxr-xr-x root/root beg/derive',
        '-rw-r--r-- root/root custom_probes',
        'drwxr-xr-x root/root prof/',
        '-rw-r--r-- root/root prof/any',
        '',
      ].join('\n'),
    )
    expect(Buffer.from(tar.subarray(257, 265)).toString('latin1')).toBe('ustar\x0000')
  })
})

describe('the finish script', () => {
  const whole = async (form: 'first-boot' | 'install') => {
    const plan = forms[form]?.plan
    if (!plan) throw new Error(form)
    return renderFinishScript(plan, options, await readJumpStartScripts())
  }

  test('passes shellcheck, also where variables cross file borders', async () => {
    // of a plan without a system some are never set
    const { system } = exampleSystemPlan()
    const plan = { ...jumpStartPlan({ jumpstart: { zones: 'install' } }), system }
    const script = renderFinishScript(plan, options, await readJumpStartScripts())
    execFileSync('shellcheck', ['--norc', '-s', 'sh', '-'], { input: script, encoding: 'utf8' })
  })

  test.each(shells.map((shell) => ({ shell })))(
    'is read by $shell, which gives back what it holds for the first boot',
    async ({ shell: [command, ...args] }) => {
      const script = await whole('install')
      execFileSync(command, [...args, '-n'], { input: script, stdio: ['pipe', 'pipe', 'pipe'] })
      const printing = script.replace(/\nfinish_main\n$/, '\nzones_script\n')
      const printed = execFileSync(command, args, { input: printing, encoding: 'utf8' })
      expect(printed.startsWith('#!/bin/sh\n# What happens on host h1')).toBe(true)
      expect(printed.endsWith('\nzoneflash_main\n')).toBe(true)
      execFileSync(command, [...args, '-n'], { input: printed, stdio: ['pipe', 'pipe', 'pipe'] })
    },
  )

  test('a value that looks like the end of a text does not end it', () => {
    const plan = structuredClone(jumpStartPlan())
    const [zone] = plan.zones
    if (!zone) throw new Error('no zone')
    zone.zonecfg = 'create\nEND_OF_FILE\nEND_OF_FILE_\ncommit\n'
    const script = renderFinishScript(plan, options, { ...words, finishMain: 'zones_script\n' })
    const printed = execFileSync('dash', { input: script, encoding: 'utf8' })
    expect(printed).toContain('\nEND_OF_FILE\nEND_OF_FILE_\ncommit')
    expect(printed).toContain('# (main.sh)')
  })
})

describe('the service of the first boot', () => {
  test('is one enabled instance, which runs the method until it succeeds', async () => {
    const { manifest, method } = await readJumpStartScripts()
    expect(readManifest(manifest)).toEqual([
      { fmri: 'svc:/site/zoneflash-first-boot:default', enabled: true },
    ])
    expect(manifest).toContain('<propval name="duration" type="astring" value="transient"/>')
    expect(method).toContain('svcadm disable svc:/site/zoneflash-first-boot:default')
  })
})

describe('the begin script', () => {
  const derived = jumpStartPlan({
    jumpstart: { installProfile: 'install_type initial_install\npool rpool auto auto auto $SI_ROOTDISK\n' },
  })
  const run = async (plan: Plan, env: Record<string, string>, [command, ...args] = shells[0] ?? ['sh']) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'begin-'))
    try {
      const file = path.join(directory, 'install.input')
      const script = renderBeginScript(plan, (await readJumpStartScripts()).begin)
      const options = { input: script, encoding: 'utf8' as const, stdio: 'pipe' as const }
      const output = execFileSync(command, args, {
        ...options,
        env: { PATH: process.env['PATH'], SI_PROFILE: file, ...env },
      })
      return { output: output.replaceAll(directory, ''), profile: tryRead(file) }
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  test.each(shells.map((shell) => ({ shell })))(
    'writes a derived profile under $shell',
    async ({ shell }) => {
      expect(await run(derived, { SI_CLASS: '=', SI_ROOTDISK: 'c1t0d0s0' }, shell)).toEqual({
        output: 'zoneflash: wrote /install.input for host h1\n',
        profile: 'install_type initial_install\npool rpool auto auto auto c1t0d0s0\n',
      })
    },
  )

  test('leaves a profile alone that the rule names itself', async () => {
    expect(await run(derived, { SI_CLASS: 'profile' })).toEqual({ output: '', profile: undefined })
  })

  test('fails when the client does not know what the profile needs, or knows it as something strange', async () => {
    await expect(run(derived, { SI_CLASS: '=' })).rejects.toThrow("needs SI_ROOTDISK, and that is ''")
    await expect(run(derived, { SI_CLASS: '=', SI_ROOTDISK: '$(reboot)' })).rejects.toThrow('$(reboot)')
  })

  test('passes shellcheck', async () => {
    const script = renderBeginScript(derived, (await readJumpStartScripts()).begin)
    execFileSync('shellcheck', ['--norc', '-s', 'sh', '-'], { input: script, encoding: 'utf8' })
  })

  test('a host without stored rules gets the probe that its profile needs', () => {
    expect(ownDirectory(derived.jumpstart?.installProfile).rules).toBe(
      'probe rootdisk\nany - begin = finish\n',
    )
  })
})

function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
