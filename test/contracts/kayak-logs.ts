import { describe, expect, test } from 'vitest'
import { MOST_KAYAK_LOGS, type KayakLogs } from '#app/ports/kayak-logs.ts'

const MAC = '001122334455'
const bodyOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

/** What every KayakLogs promises. */
export function kayakLogsContract(name: string, open: (mostInAll?: number) => Promise<KayakLogs>): void {
  describe(`${name} keeps the KayakLogs contract`, () => {
    test('a log comes back as it was, by its second or as the newest of its host', async () => {
      const logs = await open()
      const odd = bodyOf('NUL \0, \xff\n')
      await logs.put({ mac: MAC, at: 1000, body: odd })
      await logs.put({ mac: MAC, at: 2000, body: bodyOf('later') })
      await logs.put({ mac: 'AABBCCDDEEFF', at: 3000, body: bodyOf('other') })
      expect(await logs.find(MAC, 1000)).toEqual({ mac: MAC, at: 1000, body: odd })
      expect(await logs.find(MAC)).toEqual({ mac: MAC, at: 2000, body: bodyOf('later') })
      expect(await logs.find(MAC, 3000)).toBeUndefined()
      expect(await logs.find('nul\0')).toBeUndefined()
    })

    test('a second log of the same second replaces the first', async () => {
      const logs = await open()
      await logs.put({ mac: MAC, at: 1000, body: bodyOf('a') })
      await logs.put({ mac: MAC, at: 1000, body: bodyOf('b') })
      expect((await logs.find(MAC, 1000))?.body).toEqual(bodyOf('b'))
    })

    test('of many hosts the newest logs stay', async () => {
      const logs = await open(3)
      const macs = ['A', 'B', 'C', 'D'].map((digit) => digit.repeat(12))
      for (const [index, mac] of macs.entries()) await logs.put({ mac, at: 1000 + index, body: bodyOf(mac) })
      const found = await Promise.all(macs.map((mac) => logs.find(mac)))
      expect(found.map((log) => log?.at)).toEqual([undefined, 1001, 1002, 1003])
    })

    test('of many the newest stay, of very old ones none', async () => {
      const logs = await open()
      await logs.put({ mac: 'AABBCCDDEEFF', at: 1, body: bodyOf('old') })
      for (let at = 10_000_000; at < 10_000_000 + MOST_KAYAK_LOGS + 2; at++)
        await logs.put({ mac: MAC, at, body: bodyOf(String(at)) })
      expect(await logs.find(MAC, 10_000_001)).toBeUndefined()
      expect(await logs.find(MAC, 10_000_002)).toBeDefined()
      expect(await logs.find('AABBCCDDEEFF')).toBeUndefined()
    })
  })
}
