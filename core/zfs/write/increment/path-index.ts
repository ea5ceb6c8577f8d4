// Which object each path leads to, while changes come and go over a tree that itself stays as it is.
import type { StreamTree, TreeNode } from '../../tree.ts'

interface NewName {
  object: number
  name: Uint8Array
}

/** What a tree says itself: the same for all changes to it. */
interface Fixed {
  /** places in `nodes` by path */
  places: ReadonlyMap<string, number>
  /** names of objects that have more than one */
  names: ReadonlyMap<number, number>
  highestGeneration: bigint
}

const known = new WeakMap<StreamTree, Fixed>()

/** Made once for as long as the tree is there: many increments may be written on one. */
function fixedOf(tree: StreamTree): Fixed {
  const fixed = known.get(tree) ?? readFixed(tree)
  known.set(tree, fixed)
  return fixed
}

function readFixed({ nodes }: StreamTree): Fixed {
  const places = new Map<string, number>()
  const names = new Map<number, number>()
  let highestGeneration = 0n
  for (const [place, { path, object, hardlinkTo, generation }] of nodes.entries()) {
    places.set(path, place)
    if (hardlinkTo !== undefined) names.set(object, (names.get(object) ?? 1) + 1)
    const own = BigInt(generation)
    if (own > highestGeneration) highestGeneration = own
  }
  return { places, names, highestGeneration }
}

/** The highest generation of all that has a name. */
export function highestGeneration(tree: StreamTree): bigint {
  return fixedOf(tree).highestGeneration
}

export class PathIndex {
  /** how many names the tree had */
  readonly size: number
  readonly #nodes: readonly TreeNode[]
  readonly #fixed: Fixed
  /** undefined: the path is gone */
  readonly #changed = new Map<string, NewName | undefined>()

  constructor(tree: StreamTree) {
    this.size = tree.nodes.length
    this.#nodes = tree.nodes
    this.#fixed = fixedOf(tree)
  }

  at(path: string): number | undefined {
    if (this.#changed.has(path)) return this.#changed.get(path)?.object
    return this.before(path)?.object
  }

  /** What the path led to at first. */
  before(path: string): TreeNode | undefined {
    const place = this.#fixed.places.get(path)
    return place === undefined ? undefined : this.#nodes[place]
  }

  /** Names that the object had at first. */
  namesOf({ object }: TreeNode): number {
    return this.#fixed.names.get(object) ?? 1
  }

  /** The last name of a path that leads somewhere. */
  nameOf(path: string): Uint8Array {
    return this.#changed.get(path)?.name ?? this.before(path)?.name ?? new Uint8Array()
  }

  set(path: string, object: number, name: Uint8Array): void {
    this.#changed.set(path, { object, name })
  }

  /** Takes the path away, a directory with all below it, and tells what went: each object once for each of its names. */
  remove(path: string, isDirectory: boolean): { object: number; node: TreeNode | undefined }[] {
    const gone: { object: number; node: TreeNode | undefined }[] = []
    for (const each of isDirectory ? this.#below(path) : [path]) {
      const object = this.at(each)
      if (object === undefined) continue
      const node = this.before(each)
      gone.push({ object, node: node?.object === object ? node : undefined })
      this.#changed.set(each, undefined)
    }
    return gone
  }

  /** The path itself, and what is or was below it. */
  *#below(path: string): Generator<string> {
    yield path
    const inside = `${path}/`
    const place = this.#fixed.places.get(path)
    for (let next = (place ?? this.size) + 1; next < this.size; next++) {
      const node = this.#nodes[next]
      if (!node?.path.startsWith(inside)) break
      yield node.path
    }
    for (const [changed, name] of this.#changed)
      if (name !== undefined && changed.startsWith(inside)) yield changed
  }
}
