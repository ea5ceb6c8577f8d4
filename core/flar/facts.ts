// What a template's manifest keeps of a flash archive, and the archives that no template can be made of.
import { refusal } from '../archive/refusals.ts'
import { FlarFacts } from '../manifest.ts'
import type { Archiver } from './archiver.ts'
import { architecturesOf, holdsRootPool, type FlarIdentification } from './identification.ts'
import { describePayload, sniffPayload } from './payload.ts'
import { wrong, type Complaint } from '../problem.ts'
import type { FlarPreamble } from './reader.ts'

/**
 * The facts of an archive whose archive section begins with `head` (SNIFF_BYTES of it, or all).
 * @throws FlarInvalid for one that an installer refuses, whose keys are not true of its payload, or of a ZFS root pool
 */
export function flarFactsOf({ identification, problems }: FlarPreamble, head: Uint8Array): FlarFacts {
  const wrong = problems.find(({ severity }) => severity === 'error')
  if (wrong) throw refusal('FlarInvalid', wrong.message)
  if (holdsRootPool(identification)) {
    throw refusal(
      'FlarInvalid',
      'the flash archive holds streams of a ZFS root pool, expected files: make it with flarcreate -L cpio or -L pax',
    )
  }
  const said = saidPayload(identification)
  const untrue = payloadProblem(identification, head)
  if (untrue) throw refusal('FlarInvalid', untrue.message)
  const { values } = identification
  const master = values.get('creation_master')
  const facts = FlarFacts.safeParse({
    contentName: values.get('content_name') ?? '',
    archiver: said.archiver,
    payloadCompression: said.compression,
    ...(!values.has('files_compressed_method') && { hidesCompression: true }),
    type: values.get('type') ?? 'FULL',
    ...(master !== undefined && { creationMaster: master }),
    architectures: architecturesOf(identification),
  })
  if (facts.success) return facts.data
  const [issue] = facts.error.issues
  throw refusal(
    'FlarInvalid',
    `the identification has ${issue?.path.join('.') ?? 'a value'}: ${issue?.message ?? 'is wrong'}`,
  )
}

/** How the archive section was made, by its keys: cpio where they say nothing. */
export function saidPayload({ values }: FlarIdentification): {
  archiver: Archiver
  compression: 'none' | 'compress'
} {
  return {
    archiver: values.get('files_archived_method') === 'pax' ? 'pax' : 'cpio',
    compression: values.get('files_compressed_method') === 'compress' ? 'compress' : 'none',
  }
}

/** What is wrong when the keys say something else than the archive section, which begins with `head`. */
export function payloadProblem(identification: FlarIdentification, head: Uint8Array): Complaint | undefined {
  const said = saidPayload(identification)
  const found = sniffPayload(head)
  const problem = (key: string, value: string) =>
    wrong(`${key} is ${value}, but the archive section is ${describePayload(head)}`)
  if (said.compression !== found.compression) return problem('files_compressed_method', said.compression)
  if (found.compression === 'none' && found.archiver !== said.archiver)
    return problem('files_archived_method', said.archiver)
  return undefined
}
