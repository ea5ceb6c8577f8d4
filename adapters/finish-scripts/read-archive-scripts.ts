// The scripts that archive a whole system and restore its zones, each as one text.
import { readFile } from 'node:fs/promises'
import { restoreFiles } from '#core/system-archive/restore-script.ts'

const folder = new URL('../../finish-scripts/', import.meta.url)

/** In order; the call that starts it comes last. */
export const archiveFiles = ['lib.sh', 'zone.sh', 'halt.sh', 'archive.sh'] as const

async function read(names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
}

/** What a worker lays down on the host as /var/zoneflash/archive/archive.sh. */
export async function readArchiveScript(): Promise<string> {
  return ['#!/bin/sh', ...(await read(archiveFiles)), 'archive_main "$@"', ''].join('\n')
}

/** For core/system-archive/restore-script.ts. */
export async function readRestoreLibrary(): Promise<string> {
  return (await read(restoreFiles)).join('\n')
}
