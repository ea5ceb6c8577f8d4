import { randomUUID } from 'node:crypto'
import { hashSecret, newSecret } from '#adapters/secret/secret.ts'
import type { VersionId } from '#app/ports/catalog.ts'
import {
  MOST_FURTHER_TOKENS,
  type Install,
  type InstallLog,
  type RecordedEvent,
} from '#app/ports/installs.ts'
import type { Clock } from '#app/ports/queue.ts'
import { installStateAfter, isOpen } from '#core/install-state.ts'
import type { InstallEvent } from '#core/install.ts'
import { assertStorable } from '#core/storable-text.ts'
import { installClosed, installNotFound, MAX_INSTALL_EVENTS, tooManyEvents } from '#core/store-errors.ts'
import { systemClock } from './fake-clock.ts'
import { MemoryZoneRegistry } from './memory-zone-registry.ts'

interface MemoryInstall extends Install {
  hash: string
  further: string[]
  events: RecordedEvent[]
}

/** Installs in an array, newest last. */
export class MemoryInstallLog implements InstallLog {
  readonly #installs: MemoryInstall[] = []
  readonly #clock: Clock

  readonly #zones: MemoryZoneRegistry

  constructor(clock: Clock = systemClock, zones = new MemoryZoneRegistry()) {
    this.#clock = clock
    this.#zones = zones
  }

  async arm(host: string, plan: unknown, ttlMs: number): Promise<{ install: Install; secret: string }> {
    assertStorable(host, 'host name')
    for (const install of this.#installs)
      if (install.host === host && isOpen(install.state)) install.state = 'expired'
    const now = this.#clock.now()
    const secret = newSecret('zi_')
    const install: MemoryInstall = {
      id: randomUUID(),
      host,
      state: 'armed',
      plan: structuredClone(plan),
      armedAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + ttlMs).toISOString(),
      finishedAt: undefined,
      hash: hashSecret(secret).toString('hex'),
      further: [],
      events: [],
    }
    this.#installs.push(install)
    return { install: this.#view(install), secret }
  }

  async authenticate(host: string, secret: string): Promise<Install | undefined> {
    const install = await this.authenticateToken(secret)
    return install?.host === host ? install : undefined
  }

  async authenticateToken(secret: string): Promise<Install | undefined> {
    const hash = hashSecret(secret).toString('hex')
    const install = this.#installs.find((one) => one.hash === hash || one.further.includes(hash))
    if (!install) return undefined
    const view = this.#view(install)
    return isOpen(view.state) ? view : undefined
  }

  async addToken(installId: string): Promise<string> {
    const install = this.#find(installId)
    const { state } = this.#view(install)
    if (!isOpen(state)) throw installClosed(installId, state)
    const secret = newSecret('zi_')
    install.further = [...install.further, hashSecret(secret).toString('hex')].slice(-MOST_FURTHER_TOKENS)
    return secret
  }

  async record(installId: string, event: InstallEvent): Promise<void> {
    const install = this.#find(installId)
    if (install.events.some(({ id }) => id === event.id)) return
    const { state } = this.#view(install)
    if (!isOpen(state)) throw installClosed(installId, state)
    if (install.events.length >= MAX_INSTALL_EVENTS) throw tooManyEvents(installId)
    const receivedAt = this.#clock.now().toISOString()
    install.events.push({ ...event, receivedAt, seq: install.events.length + 1 })
    install.state = installStateAfter(event, state)
    if (install.state === 'done') install.finishedAt = receivedAt
  }

  async list(host?: string, limit?: number): Promise<Install[]> {
    return this.#installs
      .filter((install) => host === undefined || install.host === host)
      .map((install) => this.#view(install))
      .toReversed()
      .slice(0, limit)
  }

  async listOpen(): Promise<Install[]> {
    return (await this.list()).filter(({ state }) => isOpen(state))
  }

  async get(id: string): Promise<Install> {
    return this.#view(this.#find(id))
  }

  async events(installId: string): Promise<RecordedEvent[]> {
    return structuredClone(this.#find(installId).events)
  }

  async countDone({ template, version }: VersionId, since: Date): Promise<number> {
    const done = this.#installs.filter(
      ({ id, state, finishedAt }) =>
        state === 'done' &&
        Date.parse(finishedAt ?? '') >= since.getTime() &&
        this.#zones.isMadeBy(id, { template, version }),
    )
    return new Set(done.map(({ host }) => host)).size
  }

  async expireOverdue(): Promise<number> {
    const overdue = this.#installs.filter(
      (install) => isOpen(install.state) && !isOpen(this.#view(install).state),
    )
    for (const install of overdue) install.state = 'expired'
    return overdue.length
  }

  #find(id: string): MemoryInstall {
    const install = this.#installs.find((candidate) => candidate.id === id)
    if (!install) throw installNotFound(id)
    return install
  }

  #view({ hash: _hash, further: _further, events: _events, ...install }: MemoryInstall): Install {
    const overdue = isOpen(install.state) && Date.parse(install.expiresAt) <= this.#clock.now().getTime()
    return structuredClone(overdue ? { ...install, state: 'expired' } : install)
  }
}
