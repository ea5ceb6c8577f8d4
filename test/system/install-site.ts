// The product and the hosts it serves, in one network: what tests of whole installs share.
import { mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { stopOrphan } from '#adapters/embedded-postgres/postmaster.ts'
import { quickDirectory } from '#test/quick-directory.ts'
import { freePort, startProduct, type RunningProduct } from '#test/running-product.ts'
import { runSandbox, type Outcome, type TestHost } from './sandbox-fixture.ts'

export interface InstallSite {
  product: RunningProduct
  /** runs a client command that has to succeed, returns its output */
  zoneflash: (...args: string[]) => Promise<string>
  /** stores a profile, given as JSON */
  putProfile: (profile: Readonly<Record<string, unknown>> & { name: string }) => Promise<void>
  /** lets a host reach the server */
  connect: (host: TestHost) => Promise<void>
  /** the address of a host's documents, with a slash at its end */
  arm: (host: string) => Promise<string>
  /** the latest install's reports, `ZONE STEP STATE` */
  reports: (host: string) => Promise<string[]>
  close: () => Promise<void>
}

const rootSide = async (host: TestHost): Promise<string> =>
  (await runSandbox(host.directory, ['address', host.name, '--root-side'])).stdout.trim()

/** Starts the product on the machine's end of the first host's uplink; its worker reaches the hosts of that directory. */
export async function openInstallSite(first: TestHost, env: NodeJS.ProcessEnv = {}): Promise<InstallSite> {
  const dataDir = mkdtempSync(path.join(quickDirectory(), 'zoneflash-test-site-'))
  const address = await rootSide(first)
  const product = await startProduct(dataDir, {
    ZONEFLASH_LISTEN: `${address}:${await freePort()}`,
    SANDBOX_DIR: first.directory,
    ...env,
  })
  const must = async (route: string, method: string, body?: unknown): Promise<Response> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await product.call(
      route,
      method === 'GET' ? {} : { method, headers, body: JSON.stringify(body ?? {}) },
    )
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  return {
    product,
    async zoneflash(...args) {
      const { status, stdout, stderr } = await product.cli(args)
      if (status !== 0) throw new Error(`zoneflash ${args.join(' ')}: exit ${status}: ${stderr}${stdout}`)
      return stdout
    },
    async putProfile(profile) {
      await must(`/api/v1/profiles/${profile.name}`, 'PUT', profile)
    },
    async connect(host) {
      if (host === first) return
      await host.must(['ip', 'route', 'add', `${address}/32`, 'via', await rootSide(host)])
    },
    async arm(host) {
      const answer = await must(`/api/v1/hosts/${host}/arm`, 'POST', { for: '1h' })
      const { url } = (await answer.json()) as { url: string }
      return url
    },
    async reports(host) {
      const installs = (await (await must(`/api/v1/hosts/${host}/installs`, 'GET')).json()) as {
        id: string
        armedAt: string
      }[]
      const latest = installs.toSorted((a, b) => b.armedAt.localeCompare(a.armedAt))[0]
      const events = (await (await must(`/api/v1/installs/${latest?.id}/events`, 'GET')).json()) as {
        zone?: string
        step: string
        state: string
      }[]
      return events.map(({ zone = '-', step, state }) => `${zone} ${step} ${state}`)
    },
    async close() {
      await product.stop()
      await stopOrphan(path.join(dataDir, 'postgres', 'cluster'))
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** What an administrator types on the host. */
export function pullAndRun(host: TestHost, url: string, shell = 'sh'): Promise<Outcome> {
  return host.run(['sh', '-c', `curl -fsS ${url}zones.sh | ${shell}`])
}
