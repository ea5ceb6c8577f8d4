// What is worth a word about a tree, and is no reason to refuse it.
import { quoted } from '../quoted.ts'
import type { MasterNode } from './master-node.ts'
import type { TreeNode } from './tree.ts'

const MAX_PLAIN_ID = 2 ** 31 - 1

/** One line for each kind, with how many there are and the first. */
export function treeNotices(master: MasterNode, nodes: readonly TreeNode[]): string[] {
  const notices: string[] = []
  if (master.caseSensitivity !== 'sensitive') {
    notices.push(
      `the file system is case-${master.caseSensitivity}: a host may find a name written in another case`,
    )
  }
  if (master.normalization !== 0n) {
    notices.push(
      'the file system compares names in a Unicode normal form: a host may find a name written otherwise',
    )
  }
  const tell = (kind: string, says: string, isOne: (node: TreeNode) => boolean) => {
    const some = nodes.filter(isOne)
    const [first] = some
    if (first !== undefined) notices.push(`${kind}: ${some.length}, the first ${quoted(first.path)}; ${says}`)
  }
  tell('device nodes', 'a zone has devices of its own', ({ rawDevice }) => rawDevice !== undefined)
  tell(
    `owners or groups above ${MAX_PLAIN_ID}`,
    'they stand for accounts of a domain and are given as stored',
    ({ uid, gid }) => uid > MAX_PLAIN_ID || gid > MAX_PLAIN_ID,
  )
  tell('entries with extended attributes', 'archives do not carry them', ({ xattrs }) => xattrs > 0)
  tell(
    'entries with access lists',
    'they say more than the modes, and archives do not carry them',
    ({ accessList }) => accessList === true,
  )
  return notices
}
