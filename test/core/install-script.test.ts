import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskInstallScript, renderInstallScript } from '#core/install-script.ts'
import { Plan } from '#core/plan.ts'
import { shells } from '../finish-scripts/shells.ts'
import { examplePlan } from './example-plan.ts'

const options = { token: 'zi_token', baseUrl: 'http://192.0.2.1:7070' }

/** Prints, instead of acting, what the script knows; each value between marks. */
const printer = `
show() {
  cat <<END
<$1>
END
}
smoke() { show "$1"; show "$3"; }
zf_template_1
show "$t_path"
show "$t_detached_xml"
zf_zone_1
show "$z_path"
show "$z_zonecfg"
show "$z_replaces"
show "$z_sysidcfg"
show "$z_root_password"
show "$z_timezone"
zf_smoke_1
show "$zf_token"
`

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: fc.constantFrom("'", '\\', '"', '`', '$', '\n', '}', ';', ' ', ')', '#', '(', 'END') }),
  )
  .filter((value) => !value.includes('\0') && value.isWellFormed())

describe('renderInstallScript', () => {
  test.each(shells.map((shell) => ({ shell })))(
    'no value of a plan breaks out of the script under $shell',
    ({ shell: [command, ...args] }) => {
      fc.assert(
        fc.property(fc.array(text, { minLength: 10, maxLength: 10 }), (values) => {
          const plan = structuredClone(examplePlan())
          const [
            path = '',
            xml = '',
            zonepath = '',
            zonecfg = '',
            replaces = '',
            sysidcfg = '',
            hash = '',
            timezone = '',
            name = '',
            smoke = '',
          ] = values
          const [template] = plan.templates
          const [zone] = plan.zones
          if (!template || !zone) throw new Error('the example has a template and a zone')
          Object.assign(template, { path, detachedXml: xml })
          Object.assign(zone, {
            zonepath,
            zonecfg,
            replaces: [replaces],
            sysidcfg,
            rootPassword: hash,
            timezone,
          })
          zone.smoke = [{ name, command: smoke, timeoutSeconds: 1 }]
          const input = renderInstallScript(plan, options, { library: '', main: printer })
          const output = execFileSync(command, [...args], {
            input,
            env: { PATH: process.env['PATH'] },
          }).toString()
          const shown = [
            path,
            xml.trimEnd(),
            zonepath,
            zonecfg.trimEnd(),
            replaces,
            sysidcfg.trimEnd(),
            hash,
            timezone,
            name,
            smoke,
            'zi_token',
          ]
          expect(output).toBe(shown.map((value) => `<${value}>\n`).join(''))
        }),
        { numRuns: 60 },
      )
    },
  )

  test('lists what happens in order, each template chosen when it changes', () => {
    const script = renderInstallScript(examplePlan(), options, { library: '', main: '' })
    expect(script.slice(script.indexOf('zf_plan() {'))).toBe(`zf_plan() {
  zf_template_1
  have_template
  zf_zone_1
  have_zone zf_smoke_1
  zf_template_2
  have_template
  zf_zone_2
  have_zone zf_smoke_2
  release_template
  zf_template_1
  zf_zone_3
  have_zone zf_smoke_3
  release_template
}
`)
  })

  test('a plan that was stored gives the same script', () => {
    const parts = { library: 'library\n', main: 'main\n' }
    const stored = Plan.parse(JSON.parse(JSON.stringify(examplePlan())))
    expect(renderInstallScript(stored, options, parts)).toBe(
      renderInstallScript(examplePlan(), options, parts),
    )
  })

  test('the masked script shows neither token nor hash', () => {
    const parts = { library: '', main: '' }
    expect(renderInstallScript(examplePlan(), options, parts)).toContain('verysecret')
    const masked = maskInstallScript(examplePlan(), options, parts)
    expect(masked).not.toContain('verysecret')
    expect(masked).not.toContain('zi_token')
  })
})
