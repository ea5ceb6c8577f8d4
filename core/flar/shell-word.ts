/** Paths that the installer deletes: it runs `rm -rf ROOT/PATH` by a shell, without quotes and in a line of 1024 bytes. */
export function isShellWord(path: string): boolean {
  return /^[A-Za-z0-9_@%+=:,./-]{1,900}$/.test(path)
}
