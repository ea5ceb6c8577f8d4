// The lines of a reply as they arrive.
import type { z } from 'zod'

export async function* eachLine(reply: Response): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of (reply.body ?? new ReadableStream<Uint8Array>()).pipeThrough(
    new TextDecoderStream(),
  )) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
  return undefined
}

/** JSON lines, each with its text, until a connection that was cut: what is missing is the caller's to notice. */
export async function* eachParsedLine<T>(
  schema: z.ZodType<T>,
  lines: AsyncIterable<string>,
): AsyncGenerator<{ line: T; json: string }> {
  try {
    for await (const json of lines) yield { line: schema.parse(JSON.parse(json)), json }
  } catch (cause) {
    if (cause instanceof TypeError) return
    throw cause
  }
}
