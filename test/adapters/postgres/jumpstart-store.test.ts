import { PostgresJumpStartStore } from '#adapters/postgres/jumpstart-store.ts'
import { jumpStartStoreContract } from '#test/contracts/jumpstart-store.ts'
import { FakeClock } from '#test/fakes/fake-clock.ts'
import { MemoryJumpStartStore } from '#test/fakes/memory-jumpstart-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

jumpStartStoreContract('MemoryJumpStartStore', async () => new MemoryJumpStartStore())
jumpStartStoreContract(
  'PostgresJumpStartStore',
  async () => new PostgresJumpStartStore(await openTestDatabase(), new FakeClock()),
)
