import { PostgresBuildStore } from '#adapters/postgres/build-store.ts'
import { buildStoreContract } from '#test/contracts/build-store.ts'
import { MemoryBuildStore } from '#test/fakes/memory-build-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

buildStoreContract('MemoryBuildStore', async (clock) => new MemoryBuildStore(clock))
buildStoreContract(
  'PostgresBuildStore',
  async (clock) => new PostgresBuildStore(await openTestDatabase(), clock),
)
