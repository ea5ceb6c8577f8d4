// A small zone's root with everything that is hard to pack, and what a look at a tree finds.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  chmod,
  link,
  lutimes,
  mkdir,
  open,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'

const OLD = 1_000_000_000
export const SPARSE_SIZE = 64 * 1024 * 1024
/** ISO 8859-1: no valid UTF-8 */
export const LATIN1_NAME = Buffer.from('opt/gr\u00fc\u00df', 'latin1')

/** Makes the tree below `root`, which exists. Run as root it has a device node too. */
export async function makeZoneTree(root: string): Promise<void> {
  const at = (name: string): string => path.join(root, name)
  for (const directory of ['etc', 'opt', 'usr/bin', 'var/tmp', 'var/run', 'dev', 'proc', 'tmp', 'run', 'zz'])
    await mkdir(at(directory), { recursive: true })
  await writeFile(at('etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')
  await writeFile(at('etc/empty'), '')
  await writeFile(at('usr/bin/su'), 'su')
  await chmod(at('usr/bin/su'), 0o4755)
  await chmod(at('var/tmp'), 0o1777)
  await writeFile(at('usr/bin/vi'), 'editor')
  await link(at('usr/bin/vi'), at('usr/bin/ex'))
  await link(at('usr/bin/vi'), at('zz/view'))
  await writeFile(at('zz/empty1'), '')
  await link(at('zz/empty1'), at('opt/empty2'))
  await link(at('usr/bin/su'), at('tmp/su-in-tmp'))
  await writeFile(at('etc/kept'), 'its other name, the last, is left out')
  await link(at('etc/kept'), at('tmp/kept'))
  await writeFile(at('etc/kept-empty'), '')
  await link(at('etc/kept-empty'), at('tmp/kept-empty'))
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), LATIN1_NAME]), 'latin1')
  await writeFile(at('opt/žlutý kůň'), 'utf8')
  const deep = path.join('opt', 'd'.repeat(90), 'e'.repeat(90))
  await mkdir(at(deep), { recursive: true })
  await writeFile(at(path.join(deep, 'f'.repeat(90))), 'split at a slash')
  await writeFile(at(`opt/${'n'.repeat(200)}`), 'too long for a ustar name')
  await symlink(`/${'t'.repeat(150)}`, at('opt/long-link'))
  await symlink('../../../../etc/passwd', at('usr/bin/climber'))
  await symlink('/etc/passwd', at('etc/absolute'))
  await link(at('etc/absolute'), at('zz/absolute'))
  await makeSparse(at('var/sparse'))
  await writeFile(at('tmp/left-out'), 'x')
  await writeFile(at('dev/left-out'), 'x')
  await writeFile(at('proc/left-out'), 'x')
  spawnSync('mkfifo', [at('var/fifo')])
  if (process.getuid?.() === 0) spawnSync('mknod', [at('var/device'), 'b', '7', '0'])
  await leaveSocket(at('var/socket'))
  await makeOld(root)
}

async function makeSparse(file: string): Promise<void> {
  const handle = await open(file, 'w')
  await handle.write('middle', SPARSE_SIZE / 2)
  await handle.truncate(SPARSE_SIZE)
  await handle.close()
}

/** A socket whose server is gone, as a halted zone has them. */
async function leaveSocket(file: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  await new Promise<void>((resolve, reject) => {
    const probe = createServer().once('error', () => resolve())
    probe.listen(file, () => probe.close(() => reject(new Error(`${file} was no socket`))))
  })
}

/** Times that are the same whenever the tree is made, with fractions that archives do not keep. */
async function makeOld(root: string): Promise<void> {
  for (const name of namesBelow(root).toReversed())
    await lutimes(Buffer.concat([Buffer.from(`${root}/`), name]), OLD + 0.5, OLD + 0.5)
  await utimes(root, OLD, OLD)
}

export interface Found {
  mode: string
  size: number
  mtime: number
  nlink: number
  content: string | undefined
}

/** Parents first. As bytes: not every name is UTF-8. */
function namesBelow(root: string, below = Buffer.alloc(0)): Buffer[] {
  const slash = Buffer.from('/')
  return readdirSync(Buffer.concat([Buffer.from(`${root}/`), below]), { encoding: 'buffer' }).flatMap(
    (base) => {
      const name = below.length === 0 ? base : Buffer.concat([below, slash, base])
      const isDirectory = lstatSync(Buffer.concat([Buffer.from(`${root}/`), name])).isDirectory()
      return isDirectory ? [name, ...namesBelow(root, name)] : [name]
    },
  )
}

/** All that archives keep, by name (latin1, so that no byte is lost). */
export async function lookAt(root: string): Promise<Map<string, Found>> {
  const found = new Map<string, Found>()
  for (const name of namesBelow(root)) {
    const file = Buffer.concat([Buffer.from(`${root}/`), name])
    const stats = lstatSync(file)
    found.set(name.toString('latin1'), {
      mode: stats.mode.toString(8),
      size: stats.isFile() ? stats.size : 0,
      mtime: Math.floor(stats.mtimeMs / 1000),
      nlink: stats.isFile() ? stats.nlink : 1,
      content: await contentOf(file, stats),
    })
  }
  return found
}

async function contentOf(file: Buffer, stats: Stats): Promise<string | undefined> {
  if (stats.isSymbolicLink()) return readlink(file)
  return stats.isFile()
    ? createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
    : undefined
}
