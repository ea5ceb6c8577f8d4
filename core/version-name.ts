/** The default name of a version made at this moment: `20261120T110203Z`. */
export function versionNameAt(moment: Date): string {
  return moment.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')
}
