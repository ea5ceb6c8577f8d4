/** A map of at most so many: what was set longest ago is forgotten first. */
export class Newest<K, V> {
  readonly #values = new Map<K, V>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#values.size
  }

  get(key: K): V | undefined {
    return this.#values.get(key)
  }

  /** Makes it the newest, whether it is there or not. */
  set(key: K, value: V): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) return
      this.#values.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#values.delete(key)
  }
}
