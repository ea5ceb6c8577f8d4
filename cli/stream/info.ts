// `zoneflash stream info`: what a stream says of itself, record by record if asked.
import type { Command } from 'commander'
import { featureNames } from '#core/zfs/features.ts'
import { parseNvlist, type NvList, type NvValue } from '#core/zfs/nvlist.ts'
import { RecordReader, type ZfsStreamInfo } from '#core/zfs/record-reader.ts'
import type { BeginInfo, RecordPlace, RecordSink, StreamRecord } from '#core/zfs/records.ts'
import { addCommand } from '../command.ts'
import { shownFile } from '../file-failures.ts'
import { print, printLine, renderBytes, renderInstant, renderName } from '../output.ts'
import { checkFiles, streamBytes } from './files.ts'

interface Options {
  json?: boolean
  records?: boolean
}

export function registerStreamInfo(noun: Command): void {
  addCommand(
    noun,
    'info',
    'show the snapshots, records and properties of streams',
    'zoneflash stream info package.zfs',
    'zoneflash stream info --records full.zfs | head',
  )
    .argument('<file...>', 'streams; - is stdin')
    .option('--records', 'list every record: number, offset, type, object, sizes')
    .action(async (files: string[], options: Options) => {
      checkFiles(files)
      for (const file of files) {
        const info = await read(file, options)
        const facts = { file: shownFile(file), ...infoFacts(info) }
        await (options.json ? printLine(JSON.stringify(facts)) : print(render(facts)))
      }
    })
}

async function read(file: string, { json, records }: Options): Promise<ZfsStreamInfo> {
  const lines: string[] = []
  const listing: RecordSink = {
    record: (record, place) =>
      lines.push(json ? JSON.stringify(jsonOf({ ...place, ...record })) : renderRecord(record, place)),
    payload: () => {},
    recordEnd: () => {},
  }
  const reader = new RecordReader(records ? listing : undefined)
  for await (const chunk of streamBytes(file)) {
    reader.push(chunk)
    for (const line of lines.splice(0)) await printLine(line)
  }
  reader.finish()
  return reader.info()
}

function infoFacts({ packageList, snapshots, ...info }: ZfsStreamInfo) {
  return {
    ...info,
    snapshots: snapshots.map(snapshotFacts),
    ...(packageList && { package: plainList(parseNvlist(packageList)) }),
  }
}

function snapshotFacts({ features, ...begin }: BeginInfo) {
  return { ...begin, features: featureNames(features), featureBits: `0x${features.toString(16)}` }
}

function render({
  file,
  snapshots,
  counts,
  ...info
}: { file: string } & ReturnType<typeof infoFacts>): string {
  const lines = [
    `${file}: ${info.isPackage ? 'package' : 'stream'}, ${info.littleEndian ? 'little' : 'big'}-endian, ${info.records} records, ${renderBytes(info.bytes)}`,
    ...snapshots.flatMap(
      ({ toName, toGuid, fromGuid, created, objsetType, flags, features, featureBits }) => [
        `  ${renderName(toName)}  guid ${toGuid}${fromGuid === '0' ? '' : `  from guid ${fromGuid}`}`,
        `    made ${renderInstant(created)}, object set type ${objsetType}, stream flags ${flags}`,
        `    features ${featureBits}: ${features.join(', ') || 'none'}`,
      ],
    ),
    `  ${Object.entries(counts)
      .map(([type, count]) => `${type} ${count}`)
      .join(', ')}`,
    ...(info.package ? JSON.stringify(info.package, undefined, 2).split('\n') : []).map(
      (line) => `  ${renderName(line)}`,
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function renderRecord(record: StreamRecord, { number, at }: RecordPlace): string {
  const fields = Object.entries(jsonOf(record)).flatMap(([name, value]) =>
    name === 'type' ? [] : [`${name}=${renderName(String(value))}`],
  )
  return `${String(number).padStart(7)} ${String(at).padStart(12)} ${record.type.padEnd(13)} ${fields.join(' ')}`
}

type Plain = string | number | boolean

/** Big numbers as text, and what goes to the end as `end`. */
function jsonOf(fields: StreamRecord | (StreamRecord & RecordPlace)): Record<string, Plain> {
  const known = Object.entries(fields) as [string, Plain | bigint | undefined][]
  return Object.fromEntries(
    known.flatMap(([name, value]) => (value === undefined ? [] : [[name, shown(value)]])),
  )
}

function shown(value: Plain | bigint): Plain {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`
  return value === Infinity ? 'end' : value
}

/** A list as JSON can hold it: 64-bit numbers in decimal, bytes in hexadecimal digits. */
function plainList(list: NvList): Record<string, unknown> {
  return Object.fromEntries(Array.from(list, ([name, value]) => [name, plainValue(value)]))
}

function plainValue(value: NvValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return plainList(value)
  return Array.isArray(value) ? value.map(plainValue) : value
}
