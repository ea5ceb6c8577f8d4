// `zoneflash stream`: ZFS send streams in files, without a server and without ZFS.
import type { Command } from 'commander'
import { addNoun } from '../command.ts'
import { registerStreamCat } from '../stream/cat.ts'
import { registerStreamDiff } from '../stream/diff.ts'
import { registerStreamExtract } from '../stream/extract.ts'
import { registerStreamInfo } from '../stream/info.ts'
import { registerStreamLs } from '../stream/ls.ts'
import { registerStreamVerify } from '../stream/verify.ts'
import { registerStreamWrite } from '../stream/write.ts'

export function registerStream(program: Command): void {
  const noun = addNoun(program, 'stream', 'read, check, compare and write ZFS send streams; needs no server')
  noun.addHelpText(
    'after',
    `
A FILE may be compressed (gzip, zstd, xz, bzip2); - is stdin. Where several FILEs are taken for one tree, the first is a full
stream and each other an increment on the one before it. docs/zfs-streams.md says more.
`,
  )
  registerStreamVerify(noun)
  registerStreamInfo(noun)
  registerStreamLs(noun)
  registerStreamCat(noun)
  registerStreamExtract(noun)
  registerStreamDiff(noun)
  registerStreamWrite(noun)
}
