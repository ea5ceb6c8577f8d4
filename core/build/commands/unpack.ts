import { runWith, sendTo, type Action } from '../action.ts'
import type { BuildPlan, BuildZone, PackagedTree } from '../plan.ts'
import { tool } from './tools.ts'

/** A packaged version becomes the tree of a detached zone; nothing is there before. */
export function unpackActions(
  plan: BuildPlan,
  zone: BuildZone,
  tree: PackagedTree,
  of: 'origin' | 'packaged',
): Action[] {
  const argv =
    tree.format === 'zfs'
      ? tool(plan, 'receive_tree', zone.path)
      : tool(plan, 'unpack_tree', tree.format, tree.layout, zone.path)
  return [
    sendTo(argv, { of, what: tree.what }, plan.recipe.minutes.package),
    runWith(tool(plan, 'manifest', zone.path), tree.detachedXml),
  ]
}
