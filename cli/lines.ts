// The lines of a reply as they arrive.

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
