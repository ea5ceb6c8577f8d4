import { globSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readTree } from '#core/zfs/read-tree.ts'
import type { TreeNode } from '#core/zfs/tree.ts'
import { fixtureBytes, fixtureSet } from './fixture-set.ts'

interface Expected {
  path: string
  rdev?: string
  [field: string]: unknown
}

const fixtures = path.join(import.meta.dirname, '../../fixtures/zfs')
const names = globSync('!(broken-*).zfs', { cwd: fixtures }).map((file) => path.basename(file, '.zfs'))
const limits = { maxEntries: 100_000, maxNameBytes: 4096, maxDepth: 256 }

/** The node as the .json has it, with those fields that it has. */
function asExpected(node: TreeNode | undefined, fields: Expected): object | undefined {
  if (node === undefined) return undefined
  const { mode, target, rawDevice, ...rest } = node
  const whole: Record<string, unknown> = {
    ...rest,
    mode: mode.toString(8).padStart(4, '0'),
    target: target && new TextDecoder().decode(target),
    rdev: rawDevice && `0x${BigInt(rawDevice).toString(16)}`,
  }
  return Object.fromEntries(
    Object.keys(fields)
      .filter((field) => field !== 'sha256')
      .map((field) => [field, whole[field]]),
  )
}

function withoutDigest({ sha256: _sha256, ...rest }: Expected): object {
  return rest
}

test('there are all of the test streams', () => {
  expect(names).toHaveLength(20)
})

describe.each(names)('%s', (name) => {
  const tree = readTree(fixtureSet(name), limits)
  const expected: Expected[] = JSON.parse(fixtureBytes(`${name}.json`).toString())

  test('gives the tree that it must give', () => {
    const byPath = new Map(tree.nodes.map((node) => [node.path, node]))
    expect(expected.map((one) => asExpected(byPath.get(one.path), one))).toEqual(expected.map(withoutDigest))
    expect(tree.nodes.map(({ path: name }) => name).toSorted()).toEqual(
      expected.map(({ path: name }) => name).toSorted(),
    )
  })

  test('says which names are hard links, and nothing else is one', () => {
    const links = (all: readonly { path: string; hardlinkTo?: unknown }[]) =>
      all
        .filter(({ hardlinkTo }) => hardlinkTo !== undefined)
        .map(({ path: name }) => name)
        .toSorted()
    expect(links(tree.nodes)).toEqual(links(expected))
  })
})

test.each([
  ['full', { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 1 }],
  ['modern-default', { xattrDirectories: 1, xattrs: 1, unlinked: 0, others: 0 }],
  ['modern-large', { xattrDirectories: 0, xattrs: 2, unlinked: 0, others: 0 }],
  ['bigendian-zpl5', { xattrDirectories: 0, xattrs: 0, unlinked: 0, others: 0 }],
])('%s has these objects without a path', (name, hidden) => {
  expect(readTree(fixtureSet(name), limits).hidden).toEqual(hidden)
})
