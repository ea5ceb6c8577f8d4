// Passwords in install profiles: of a web server or an FTP server that has the archive (jumpstart.md 2.3).

/** The text for reading, `mask` in the place of each password. */
export function maskInstallProfile(text: string, mask: string): string {
  return text
    .replaceAll(/(\bauth[ \t]+basic[ \t]+\S+[ \t]+)\S+/gi, (_all, before: string) => before + mask)
    .replaceAll(/(^|[ \t/])([^\s:/@]+:)[^\s@/]+@/gm, (_all, before: string, user: string) => {
      return `${before}${user}${mask}@`
    })
}
