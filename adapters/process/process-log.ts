// The log of a long-running process: one JSON line for each event, on stderr, so that stdout is for people.
import { destination, pino, type Logger } from 'pino'

export function openLog(name: string): Logger {
  return pino({ name }, destination({ dest: 2, sync: true }))
}
