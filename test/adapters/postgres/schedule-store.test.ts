import { PostgresScheduleStore } from '#adapters/postgres/schedule-store.ts'
import { scheduleStoreContract } from '#test/contracts/schedule-store.ts'
import { MemoryScheduleStore } from '#test/fakes/memory-schedule-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

scheduleStoreContract('MemoryScheduleStore', async () => new MemoryScheduleStore())
scheduleStoreContract(
  'PostgresScheduleStore',
  async () => new PostgresScheduleStore(await openTestDatabase()),
)
