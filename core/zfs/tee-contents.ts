// Contents of files for two that want them.
import type { ContentSink } from './content-sink.ts'

export function teeContents(first: ContentSink, second: ContentSink): ContentSink {
  // Only whoever wanted a block gets its bytes.
  let wanting: ContentSink[] = []
  const both = [first, second]
  return {
    file: (object, size) => both.forEach((sink) => sink.file?.(object, size)),
    empty: (object) => both.forEach((sink) => sink.empty(object)),
    block(object, extent) {
      wanting = both.filter((sink) => sink.block(object, extent))
      return wanting.length > 0
    },
    data: (object, offset, bytes) => wanting.forEach((sink) => sink.data(object, offset, bytes)),
    hole: (object, offset, length) => both.forEach((sink) => sink.hole(object, offset, length)),
    copy: (object, offset, length, from) => both.forEach((sink) => sink.copy(object, offset, length, from)),
    forget: (first, count) => both.forEach((sink) => sink.forget(first, count)),
  }
}
