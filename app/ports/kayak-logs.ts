// Logs that kayak uploads. A port: implementations are in adapters/, fakes that keep the same contracts in test/fakes/.

/** How many are kept of one host, and for how many days. */
export const MOST_KAYAK_LOGS = 8
/** The limit for all hosts together: machines of a group have any number of addresses. */
export const MOST_KAYAK_LOGS_IN_ALL = 1024
export const KAYAK_LOG_DAYS = 90

export interface KayakLog {
  /** 12 hex digits in upper case */
  mac: string
  /** seconds since the epoch */
  at: number
  body: Uint8Array
}

/** By MAC address and second; of more than MOST_KAYAK_LOGS of one, or MOST_KAYAK_LOGS_IN_ALL, the oldest go. */
export interface KayakLogs {
  /** A log of the same second is replaced. */
  put(log: KayakLog): Promise<void>
  /** That of a second, or the newest. */
  find(mac: string, at?: number): Promise<KayakLog | undefined>
}
