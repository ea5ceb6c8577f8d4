// Measurements beside other tools, both sides in one run, as ratios: npm run bench [-- [--tree DIR] [--megabytes N] [--rounds N] PART…]
// Parts are packing, taking-in, serving, streams and second-zone; without one all are measured, which takes some minutes.
import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { shellQuote } from '#core/shell-quote.ts'
import { startProduct } from '#test/running-product.ts'
import { megabytes } from './report.ts'
import { measureServing } from './serving.ts'
import { sampleTree } from './sample-tree.ts'
import { measureSecondZone } from './second-zone.ts'
import { compare } from './side-by-side.ts'
import { measureStreams } from './streams.ts'
import { timeCommand } from './timed-command.ts'

const parts = ['packing', 'taking-in', 'serving', 'streams', 'second-zone'] as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tree: { type: 'string', default: '/usr' },
    megabytes: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '2' },
  },
})
const unknown = positionals.find((name) => !parts.some((part) => part === name))
if (unknown !== undefined) throw new Error(`there is no part ${unknown}, expected ${parts.join(', ')}`)
const wanted = (part: (typeof parts)[number]) => positionals.length === 0 || positionals.includes(part)
const rounds = Number(values.rounds)
const folder = await mkdtemp(path.join(process.env['ZONEFLASH_BENCH'] ?? tmpdir(), 'zoneflash-bench-'))
const inFolder = (name: string) => shellQuote(path.join(folder, name))
/** what is packed and taken in: a part of the real tree */
const tree = inFolder('tree')
const node = `${shellQuote(process.execPath)} `
const script = (name: string) => shellQuote(path.join(import.meta.dirname, name))
const hasProgram = (name: string) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

async function measurePacking(): Promise<void> {
  const store = inFolder('packed')
  const tar = `tar -C ${tree} --sort=name --numeric-owner -cf - .`
  await compare(
    `packing ${values.megabytes} MiB of ${values.tree}: ours makes tar.gz, tar.zst, cpio.gz, three digests each way and the index in one pass`,
    [
      {
        name: 'zoneflash',
        command: `${node}${script('pack-once.ts')} ${tree} ${store}`,
        prepare: `rm -rf ${store}`,
      },
      { name: 'tar | zstd -T0', command: `${tar} | zstd -q -T0 -c >${inFolder('p.tar.zst')}` },
      { name: 'tar | gzip', command: `${tar} | gzip -n >${inFolder('p.tar.gz')}` },
      { name: 'tar | pigz', command: `${tar} | pigz -n >${inFolder('p2.tar.gz')}` },
      {
        name: 'all three, one after the other',
        command:
          `${tar} | zstd -q -T0 -c >${inFolder('q.tar.zst')} && ${tar} | gzip -n >${inFolder('q.tar.gz')} && ` +
          `(cd ${tree} && find . | LC_ALL=C sort | cpio -o -H newc --quiet) | gzip -n >${inFolder('q.cpio.gz')} && ` +
          `sha256sum ${inFolder('q.tar.zst')} ${inFolder('q.tar.gz')} ${inFolder('q.cpio.gz')}`,
      },
    ],
    rounds,
  )
}

async function measureTakingIn(tarball: string): Promise<void> {
  const store = inFolder('taken')
  const copy = inFolder('copy.tar')
  const file = shellQuote(tarball)
  await compare(
    `taking in ${megabytes((await stat(tarball)).size)} of tar: ours stores, hashes twice, checks and indexes every entry with its sha256`,
    [
      {
        name: 'zoneflash',
        command: `${node}${script('take-in-once.ts')} ${file} ${store}`,
        prepare: `rm -rf ${store}`,
      },
      {
        name: 'cp + sha256sum',
        command: `cp ${file} ${copy} && sync ${copy} && sha256sum ${copy}`,
        prepare: `rm -f ${copy}`,
      },
    ],
    rounds,
  )
}

async function measureServingOf(tarball: string): Promise<void> {
  if (!hasProgram('nginx')) return console.log('\nserving: left out, there is no nginx on this machine')
  const product = await startProduct(path.join(folder, 'data'))
  try {
    const pushed = await product.cli([
      'template',
      'push',
      tarball,
      '--name',
      'bench',
      '--version',
      '1',
      '--brand',
      'lx',
    ])
    if (pushed.status !== 0) throw new Error(pushed.stderr)
    await product.call('/api/v1/templates/bench', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ public: true }),
    })
    const { size } = await stat(tarball)
    await measureServing(`${product.url}/flash/bench/1.tar`, product.pid, tarball, size, folder)
  } finally {
    await product.stop()
  }
}

/** Reads a file once, so that no side pays for a cold cache. */
async function warm(file: string): Promise<void> {
  for await (const piece of createReadStream(file)) void piece
}

try {
  console.log(`in ${folder}, tree ${values.tree}, node ${process.version}`)
  await mkdir(path.join(folder, 'archives'))
  if (wanted('packing') || wanted('taking-in')) {
    const bytes = Number(values.megabytes) * 1024 * 1024
    await sampleTree(path.resolve(values.tree), { bytes }, path.join(folder, 'tree'))
  }
  if (wanted('packing')) await measurePacking()
  const large = path.join(folder, 'archives', 'large.tar')
  if (wanted('taking-in')) {
    await timeCommand(
      `cd ${tree} && find . ! -type l -print0 | tar --null --no-recursion -T - --numeric-owner -cf ${shellQuote(large)}`,
    )
    await warm(large)
    await measureTakingIn(large)
  }
  if (wanted('serving')) {
    const served = path.join(folder, 'archives', 'served.tar')
    const blob = inFolder('archives/zone/etc/data')
    await timeCommand(
      `mkdir -p ${inFolder('archives/zone/etc')} ${inFolder('archives/zone/usr')} && head -c 160000000 /dev/urandom >${blob} && ` +
        `tar -C ${inFolder('archives/zone')} -cf ${shellQuote(served)} .`,
    )
    await warm(served)
    await measureServingOf(served)
  }
  if (wanted('streams')) await measureStreams({ folder, rounds, tree: path.resolve(values.tree) })
  if (wanted('second-zone')) await measureSecondZone()
} finally {
  await rm(folder, { recursive: true, force: true })
}
