import { PostgresZoneRegistry } from '#adapters/postgres/zone-registry.ts'
import { zoneRegistryContract } from '#test/contracts/zone-registry.ts'
import { MemoryZoneRegistry } from '#test/fakes/memory-zone-registry.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

zoneRegistryContract('MemoryZoneRegistry', async () => new MemoryZoneRegistry())
zoneRegistryContract('PostgresZoneRegistry', async () => new PostgresZoneRegistry(await openTestDatabase()))
