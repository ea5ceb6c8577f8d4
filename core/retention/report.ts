// What a collection of garbage says of each object, and in the end of all.
import { z } from 'zod'

/** What can be garbage. `zone`: a golden zone, or the snapshot of one, on the host where a version was made. */
export const ObjectKind = z.enum(['version', 'blob', 'log', 'zone'])
export type ObjectKind = z.infer<typeof ObjectKind>

export const GarbageObject = z.object({
  kind: ObjectKind,
  /** `mysql@1`, a digest, a build's id, `host:zone` */
  name: z.string(),
  /** `delete`: it is deleted, or would be */
  verdict: z.enum(['keep', 'delete']),
  reasons: z.array(z.string()),
  /** `asked`: a job asks its host to remove it, which may be away; `later`: nothing needs it, but it is young: a later run takes it */
  when: z.enum(['asked', 'later']).optional(),
  /** of its own; a version's are those of its blobs, a zone's are not known */
  bytes: z.int().nonnegative().optional(),
})
export type GarbageObject = z.infer<typeof GarbageObject>

/** `bytes`: of blobs and logs. */
const Sum = z.object({ objects: z.int(), bytes: z.int() })

export const GarbageTotal = z.object({
  kind: z.literal('total'),
  dryRun: z.boolean(),
  keep: Sum,
  delete: Sum,
  /** of what is kept: goes with a later run */
  later: Sum,
  /** zones that their hosts are asked to remove; not among the deleted */
  asked: z.int(),
})
export type GarbageTotal = z.infer<typeof GarbageTotal>

/** A line of the report; the total is the last. */
export const GarbageLine = z.discriminatedUnion('kind', [GarbageObject, GarbageTotal])
export type GarbageLine = z.infer<typeof GarbageLine>

/** Passes the objects on and ends with their total. */
export async function* withTotal(
  objects: AsyncIterable<GarbageObject>,
  dryRun: boolean,
): AsyncGenerator<GarbageLine> {
  const total: GarbageTotal = {
    kind: 'total',
    dryRun,
    keep: { objects: 0, bytes: 0 },
    delete: { objects: 0, bytes: 0 },
    later: { objects: 0, bytes: 0 },
    asked: 0,
  }
  for await (const object of objects) {
    const sums = object.when === 'asked' ? [] : [total[object.verdict]]
    if (object.when === 'asked') total.asked += 1
    if (object.when === 'later') sums.push(total.later)
    for (const sum of sums) {
      sum.objects += 1
      if (object.kind === 'blob' || object.kind === 'log') sum.bytes += object.bytes ?? 0
    }
    yield object
  }
  yield total
}
