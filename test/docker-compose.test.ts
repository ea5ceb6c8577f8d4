import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '#core/config.ts'

const root = path.resolve(import.meta.dirname, '..')
const Compose = z.object({
  services: z.record(
    z.string(),
    z.object({
      command: z.array(z.string()).optional(),
      environment: z.record(z.string(), z.string()).optional(),
      deploy: z.object({ replicas: z.number() }).optional(),
    }),
  ),
})
const compose = Compose.parse(
  parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true }),
)

describe('docker-compose.yml is the scaled-out set-up', () => {
  test('it runs PostgreSQL, Redis, one server and two workers', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['postgres', 'redis', 'server', 'worker'])
    expect(compose.services['server']?.command).toEqual(['serve'])
    expect(compose.services['worker']?.command).toEqual(['work'])
    expect(compose.services['worker']?.deploy?.replicas).toBe(2)
  })

  test('the environment that it gives to server and worker is a configuration that starts', () => {
    for (const service of ['server', 'worker']) {
      const environment = Object.entries(compose.services[service]?.environment ?? {}).map(
        ([name, value]) => [
          name,
          value.replace(/\$\{[A-Z_]+:-([^}]*)\}/, '$1').replace(/\$\{[A-Z_]+:\?[^}]*\}/, 'secret'),
        ],
      )
      const config = parseConfig(Object.fromEntries(environment))
      expect(config.databaseUrl).toBe('postgres://zoneflash:secret@postgres:5432/zoneflash')
      expect(config.redisUrl).toBe('redis://redis:6379')
    }
  })

  test('every folder that the Dockerfile copies is there', () => {
    const copied = [...readFileSync(path.join(root, 'Dockerfile'), 'utf8').matchAll(/^COPY (.+) \S+$/gm)]
    const sources = copied.flatMap((match) => match[1]?.split(' ') ?? [])
    expect(sources).toContain('server')
    expect(sources.filter((source) => !existsSync(path.join(root, source)))).toEqual([])
  })

  test('the docker compose client, where it is installed, accepts the file', () => {
    expect(saidByClient()).toBe('')
  })
})

/** What `docker compose config` complains of; nothing where there is no such client, since the form is held above. */
function saidByClient(): string {
  if (spawnSync('docker', ['compose', 'version']).status !== 0) return ''
  const env = { ...process.env, ZONEFLASH_DB_PASSWORD: 'secret' }
  const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: root, env })
  return status === 0 ? '' : stderr.toString()
}
