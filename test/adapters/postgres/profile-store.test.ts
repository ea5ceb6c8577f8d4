import { PostgresProfileStore } from '#adapters/postgres/profile-store.ts'
import { profileStoreContract } from '#test/contracts/profile-store.ts'
import { MemoryProfileStore } from '#test/fakes/memory-profile-store.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

profileStoreContract('MemoryProfileStore', async () => new MemoryProfileStore())
profileStoreContract('PostgresProfileStore', async () => new PostgresProfileStore(await openTestDatabase()))
