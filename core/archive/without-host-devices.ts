// Passes on what an archive of a whole host has, but for the device nodes that each host makes anew (jumpstart.md 4.3).
import { isHostDevice } from './devices.ts'
import type { Member, MemberSink } from './member.ts'

export class WithoutHostDevices implements MemberSink {
  readonly #sink: MemberSink
  #isSkipped = false
  /** nodes that were left out */
  count = 0

  constructor(sink: MemberSink) {
    this.#sink = sink
  }

  begin(member: Member): void {
    const { type, device } = member
    this.#isSkipped = isHostDevice({ type, device, path: member.path.replace(/^(?:\.\/+)+/, '') })
    if (this.#isSkipped) this.count += 1
    else this.#sink.begin(member)
  }

  data(bytes: Uint8Array): void {
    if (!this.#isSkipped) this.#sink.data(bytes)
  }

  end(): void {
    if (!this.#isSkipped) this.#sink.end()
  }
}
