import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buildLibraryFiles, readBuildLibrary } from '#adapters/finish-scripts/read-build-library.ts'
import {
  archiveFiles,
  readArchiveScript,
  readRestoreLibrary,
} from '#adapters/finish-scripts/read-archive-scripts.ts'
import { readFinishScripts, readJumpStartScripts } from '#adapters/finish-scripts/read-finish-scripts.ts'
import { renderBeginScript } from '#core/jumpstart/documents/begin.ts'
import { finishFiles, renderFinishScript } from '#core/jumpstart/documents/finish.ts'
import { libraryFiles, renderInstallScript } from '#core/install-script.ts'
import { renderRestoreScript, restoreFiles } from '#core/system-archive/restore-script.ts'
import { examplePlan, exampleSystemPlan } from '../core/example-plan.ts'
import { jumpStartPlan } from '../core/jumpstart/documents/example.ts'
import { exampleCaptured } from '../core/system-archive/example-captured.ts'
import { complaints, shellLines } from './bourne-lint.ts'
import { shells } from './shells.ts'

const folder = fileURLToPath(new URL('../../finish-scripts/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.sh'))

const scripts = {
  install: async () =>
    renderInstallScript(
      examplePlan(),
      { token: 'zi_x', baseUrl: 'http://192.0.2.1' },
      await readFinishScripts(),
    ),
  finish: async () => {
    const plan = { ...jumpStartPlan({ jumpstart: { zones: 'install' } }), system: exampleSystemPlan().system }
    const options = { token: 'zi_x', baseUrl: 'http://192.0.2.1' }
    return renderFinishScript(plan, options, await readJumpStartScripts())
  },
  begin: async () => renderBeginScript(jumpStartPlan(), (await readJumpStartScripts()).begin),
  build: readBuildLibrary,
  archive: readArchiveScript,
  restore: async () =>
    renderRestoreScript(
      { template: 'app', version: '1', zones: exampleCaptured() },
      { osFamily: 'solaris10', interfaceMap: { bge0: 'e1000g0' } },
      await readRestoreLibrary(),
    ),
}

describe('finish-scripts are written for the Solaris 10 Bourne shell', () => {
  test.each(files)('%s', (file) => {
    expect(complaints(readFileSync(path.join(folder, file), 'utf8'))).toEqual([])
  })

  test.each(Object.entries(scripts))('the whole of %s, with what is rendered', async (_, render) => {
    expect(complaints(await render())).toEqual([])
  })

  test.each([
    'x=$(date)',
    'export A=b',
    'y=${x%/*}',
    'if [ -e /x ]; then',
    'if ! grep a b; then',
    'local a',
    '[[ a ]] && b',
    'grep -q a b',
    'echo a | awk 1',
    'n=$((n + 1))',
    'tail -n 5 x',
    'x=a^b',
    'trap - 1 2',
    'set --; shift',
    ': >"$file"',
    'for x in; do',
    'for x in a=b c=d; do',
    'if wait "$pid"; then',
    'wait "$pid" || return 1',
    'x=1 y="a b" eval "$z"',
    'f() { :; }\nx=1 f a',
    'echo "a `echo "$x y"` b"',
    "echo 'a\\b'",
    'x=a\nwhile read x; do\n  y=$x\ndone <file\necho "$y"',
    '{\n  x=1\n} >file\nif [ "$x" = 1 ]; then',
    'f() {\n  if a; then\n    return 1\n  fi >file\n}',
    '{\n  exit 1\n} | cat',
  ])('the check finds %j', (line) => {
    expect(complaints(line)).not.toEqual([])
  })

  test.each([
    'sed \'s/^a//\' "^b" # ^c',
    'cat <<END\n^ trap - $x\nEND',
    "trap '' 1 2; set -- $words",
    'while :; do',
    "for x in 'a=b' $y; do",
    'wait "$pid"\nx=1',
    'x=`f a` y="b c"\nX=y program',
    'echo "a `echo "$x"` b"',
    '{\n  x=1\n  echo "$x"\n} >file\nx=2\necho "$x"',
    '{\n  exit 1\n} >file &',
  ])('the check does not mind %j', (text) => {
    expect(complaints(text)).toEqual([])
  })

  test.each(['install', 'finish', 'build', 'archive', 'restore'] as const)(
    '%s: no variable has the name of a function',
    async (name) => {
      // there they share one space
      const lines = shellLines(await scripts[name]())
      const functions = new Set(lines.flatMap((line) => /^(\w+)\(\)/.exec(line)?.[1] ?? []))
      const assigned = lines.flatMap((line) =>
        [...line.matchAll(/(?:^|[\s;])(\w+)=|\bfor (\w+) in\b|\bread (\w+)/g)].flatMap((found) =>
          found.slice(1).filter(Boolean),
        ),
      )
      expect(functions.size).toBeGreaterThan(40)
      expect(assigned.length).toBeGreaterThan(40)
      expect(assigned.filter((name) => functions.has(name))).toEqual([])
    },
  )

  test('every file is part of a script', () => {
    const used = new Set<string>([
      ...finishFiles,
      'finish-main.sh',
      'first-boot.sh',
      'begin.sh',
      ...libraryFiles,
      'main.sh',
      ...buildLibraryFiles,
      ...archiveFiles,
      ...restoreFiles,
    ])
    expect([...used].toSorted()).toEqual(files.toSorted())
  })
})

describe.each(['archive', 'restore'] as const)('the script that does the work of %s', (name) => {
  test('passes shellcheck', async () => {
    // of the library it uses a part
    const codes = 'SC2003,SC2006,SC2016,SC2154,SC2162,SC2172,SC2317,SC2034'
    const options = ['--norc', '-s', 'sh', '-e', codes, '-']
    execFileSync('shellcheck', options, { encoding: 'utf8', input: await scripts[name]() })
  })

  test.each(shells.map((shell) => ({ shell })))(
    'is read by $shell',
    async ({ shell: [command, ...args] }) => {
      execFileSync(command, [...args, '-n'], {
        input: await scripts[name](),
        stdio: ['pipe', 'pipe', 'pipe'],
      })
    },
  )
})

describe('the script of a build', () => {
  test('passes shellcheck', async () => {
    const script = await readBuildLibrary()
    // of the library it uses a part
    const options = [
      '--norc',
      '-s',
      'sh',
      '-e',
      'SC2003,SC2006,SC2016,SC2154,SC2162,SC2172,SC2317,SC2034',
      '-',
    ]
    execFileSync('shellcheck', options, { encoding: 'utf8', input: script })
  })

  test.each(shells.map((shell) => ({ shell })))(
    'is read by $shell',
    async ({ shell: [command, ...args] }) => {
      execFileSync(command, [...args, '-n'], {
        input: await readBuildLibrary(),
        stdio: ['pipe', 'pipe', 'pipe'],
      })
    },
  )
})

describe('the whole script', () => {
  test('passes shellcheck, also where variables cross file borders', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'shellcheck-'))
    try {
      const file = path.join(directory, 'zones.sh')
      const options = { token: 'zi_x', baseUrl: 'http://192.0.2.1' }
      writeFileSync(file, renderInstallScript(exampleSystemPlan(), options, await readFinishScripts()))
      execFileSync('shellcheck', ['--norc', '-s', 'sh', file], { encoding: 'utf8' })
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('passes shellcheck file by file', () => {
    execFileSync('shellcheck', files, { cwd: folder, encoding: 'utf8' })
  })

  test.each(shells.map((shell) => ({ shell })))(
    'is read by $shell',
    async ({ shell: [command, ...args] }) => {
      const options = { token: 'zi_x', baseUrl: 'http://192.0.2.1' }
      const script = renderInstallScript(exampleSystemPlan(), options, await readFinishScripts())
      execFileSync(command, [...args, '-n'], { input: script, stdio: ['pipe', 'pipe', 'pipe'] })
    },
  )
})
