// Runs a fuzzer in a thread of its own, and sees one that hangs or eats memory.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

export interface FuzzOrder {
  /** directory of what is changed */
  fixtures: string
  firstSeed: number
  cases: number
  /** one number: the seed that is being tried */
  current: SharedArrayBuffer
}

/** No case takes a second; a machine that does other things too may need some. */
const HANGS_AFTER_MS = 20_000
const MAX_HEAP_MB = 512

/** @throws Error with the seed when a case does not end, or its memory does */
export async function watched<Result>(program: URL, order: FuzzOrder): Promise<Result> {
  const worker = new Worker(program, {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  })
  const current = new Int32Array(order.current)
  let last = -1
  const stalled = new Promise<never>((_resolve, reject) => {
    const timer = setInterval(() => {
      const seed = Atomics.load(current, 0)
      if (seed === last) reject(new Error(`the case of seed ${seed} hangs`))
      last = seed
    }, HANGS_AFTER_MS)
    worker.once('exit', () => clearInterval(timer))
  })
  const failed = once(worker, 'error').then(([error]) => {
    throw new Error(`the case of seed ${Atomics.load(current, 0)} ended the thread`, { cause: error })
  })
  const done = once(worker, 'message').then(([result]) => result as Result)
  try {
    return await Promise.race([done, failed, stalled])
  } finally {
    await worker.terminate()
  }
}
