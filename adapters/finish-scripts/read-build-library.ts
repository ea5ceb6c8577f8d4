// The scripts that a build uses on its host, as one text: core/build/commands sends it there.
import { readFile } from 'node:fs/promises'

const folder = new URL('../../finish-scripts/', import.meta.url)

/** In order; build.sh comes last, with the call that starts it. */
export const buildLibraryFiles = [
  'lib.sh',
  'zfs.sh',
  'zone.sh',
  'halt.sh',
  'unpack.sh',
  'zoneroot.sh',
  'identity.sh',
  'scrub.sh',
  'share.sh',
  'build.sh',
] as const

/** Read anew for each step: the files are small, and an edit takes effect without a restart. */
export async function readBuildLibrary(): Promise<string> {
  const texts = await Promise.all(buildLibraryFiles.map((name) => readFile(new URL(name, folder), 'utf8')))
  return ['#!/bin/sh', ...texts, 'build_main "$@"', ''].join('\n')
}
