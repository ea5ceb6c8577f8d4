import { PostgresAuditLog } from '#adapters/postgres/audit-log.ts'
import { auditLogContract } from '#test/contracts/audit-log.ts'
import { MemoryAuditLog } from '#test/fakes/memory-audit-log.ts'
import { openTestDatabase } from '#test/postgres-database.ts'

auditLogContract('MemoryAuditLog', async (clock) => new MemoryAuditLog(clock))
auditLogContract('PostgresAuditLog', async (clock) => new PostgresAuditLog(await openTestDatabase(), clock))
