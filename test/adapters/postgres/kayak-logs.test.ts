import { PostgresKayakLogs } from '#adapters/postgres/kayak-logs.ts'
import { kayakLogsContract } from '#test/contracts/kayak-logs.ts'
import { MemoryKayakLogs } from '#test/fakes/memory-kayak-logs.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

kayakLogsContract('MemoryKayakLogs', async (most) => new MemoryKayakLogs(most))
kayakLogsContract('PostgresKayakLogs', async (most) => new PostgresKayakLogs(await openTestDatabase(), most))
