// Files for hosts that boot over a network. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.
import type { MediaShelf } from './recipes.ts'

/** An ISO 9660 image with Rock Ridge names of these files, by path. Same files and time, same bytes. @throws ProgramMissing */
export type MakeImage = (files: Readonly<Record<string, string>>, time: Date) => Promise<Uint8Array>

export interface Netboot {
  /** the directory wanboot of the media */
  media: MediaShelf
  makeImage: MakeImage
}
