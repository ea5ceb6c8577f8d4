// What somebody types, or writes into a boot menu, so that a host's installer finds its documents (jumpstart.md 3.3 to 3.5).
import type { BootWords } from '../../boot/boot-words.ts'

/** `url`: of the host's documents, with a slash at its end. */
export function bootWordsFor(arch: string, url: string): BootWords {
  const words = `${/^(sun4|sparc)/.test(arch) ? 'boot net ' : ''}- install ${url}config.tar`
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'http:') {
    return {
      words,
      note: `the address begins with ${protocol}//, expected http://: the installer reads no other`,
    }
  }
  if (hostname.startsWith('127.')) {
    return {
      words,
      note: `the address is ${hostname}, which on the host is the host itself: set ZONEFLASH_URL or ZONEFLASH_LEGACY_LISTEN to one that it reaches`,
    }
  }
  if (/^[0-9.]+$/.test(hostname)) return { words }
  return {
    words,
    note: `the address names ${hostname}, expected an IPv4 address: config.tar holds sysidcfg, which is read before names are known`,
  }
}
