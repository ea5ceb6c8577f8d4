import {
  KAYAK_LOG_DAYS,
  MOST_KAYAK_LOGS,
  MOST_KAYAK_LOGS_IN_ALL,
  type KayakLog,
  type KayakLogs,
} from '#app/ports/kayak-logs.ts'

/** Logs in an array, newest first. */
export class MemoryKayakLogs implements KayakLogs {
  #logs: KayakLog[] = []
  readonly #mostInAll: number

  constructor(mostInAll = MOST_KAYAK_LOGS_IN_ALL) {
    this.#mostInAll = mostInAll
  }

  async put({ mac, at, body }: KayakLog): Promise<void> {
    const others = this.#logs.filter((log) => log.mac !== mac || log.at !== at)
    const all = [...others, { mac, at, body: body.slice() }].toSorted((a, b) => b.at - a.at)
    const kept = new Set(all.filter((log) => log.mac === mac).slice(0, MOST_KAYAK_LOGS))
    this.#logs = all
      .filter((log) => (log.mac !== mac || kept.has(log)) && log.at >= at - KAYAK_LOG_DAYS * 86_400)
      .slice(0, this.#mostInAll)
  }

  async find(mac: string, at?: number): Promise<KayakLog | undefined> {
    return this.#logs.find((log) => log.mac === mac && (at === undefined || log.at === at))
  }
}
