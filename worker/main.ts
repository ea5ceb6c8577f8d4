// The worker as a process of its own, started by `zoneflash up`.
import { parseConfig } from '#core/config.ts'
import { work } from './work.ts'

// The server may have died while this process was starting.
if (process.connected) await work(parseConfig(process.env))
if (process.connected) process.disconnect()
