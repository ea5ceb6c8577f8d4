import { readFileSync } from 'node:fs'
import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '..')

/** What each folder may import beside itself: ours by folder, others by package. docs/architecture.md draws the same arrows. */
const mayImport: Record<string, { folders: string[]; packages?: RegExp }> = {
  core: { folders: [], packages: /^(zod|zod\/.*)$/ },
  app: { folders: ['core'], packages: /^(node:.*|zod)$/ },
  adapters: { folders: ['core', 'app'] },
  server: { folders: ['core', 'app', 'adapters'] },
  worker: { folders: ['core', 'app', 'adapters'] },
  // up, serve and work start the processes, so these commands alone may reach them.
  cli: { folders: ['core'] },
  sandbox: { folders: ['core'] },
}
// What people do with streams and flash archives in files needs no server: decision 13.
const fileCommands = { files: /^cli\/(stream|flar)\//, mayImport: /^#adapters\/(zfs|archive|flar)\// }
const starters = /^cli\/commands\/(up|serve|work|doctor|config)\.ts$/

/** The import specifiers of a source file, static and dynamic. */
function importsOf(source: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)[^'"\n;]*(?:\n[^'"\n;]*)*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s*['"]([^'"]+)['"]/g
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** The folder of ours that a specifier leads to, or undefined when it is a package. */
function folderOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1).split('/')[0]
  if (!specifier.startsWith('.')) return undefined
  return path.relative(root, path.resolve(root, path.dirname(file), specifier)).split(path.sep)[0]
}

describe('the import arrows: core ← app ← adapters ← server, worker; core ← cli; core ← sandbox', () => {
  for (const [folder, rule] of Object.entries(mayImport)) {
    test(`${folder} imports itself${rule.folders.map((name) => `, ${name}`).join('')} and nothing else of ours`, () => {
      const files = globSync(`${folder}/**/*.ts`, { cwd: root })
      expect(files.length, `${folder} has no source files`).toBeGreaterThan(0)
      const wrong = files.flatMap((file) =>
        importsOf(readFileSync(path.join(root, file), 'utf8')).flatMap((specifier) => {
          const target = folderOf(file, specifier)
          if (target === undefined)
            return rule.packages && !rule.packages.test(specifier)
              ? [`${file} imports the package ${specifier}`]
              : []
          const allowed =
            target === folder ||
            rule.folders.includes(target) ||
            starters.test(file) ||
            (fileCommands.files.test(file) && fileCommands.mayImport.test(specifier))
          return allowed ? [] : [`${file} imports ${specifier}`]
        }),
      )
      expect(wrong).toEqual([])
    })
  }

  test('the arrow test sees an import that is written over several lines', () => {
    expect(
      importsOf("import {\n  a,\n  b,\n} from '#server/x.ts'\nconst c = await import('./y.ts')"),
    ).toEqual(['#server/x.ts', './y.ts'])
  })
})
